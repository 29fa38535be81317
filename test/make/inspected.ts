import { type InspectResponse, inspectResponse } from '../../schema/http/slicer.ts'

/** What the slicer says of a model that is good, but for the changes. */
export function inspected(changes: Partial<InspectResponse> = {}): InspectResponse {
  const picture = Buffer.from('a picture').toString('base64')
  const good = {
    triangles: 12,
    dimensions_mm: { x: 10, y: 20, z: 30 },
    volume_mm3: 6000,
    warnings: [],
    thumbnail: picture,
  }
  return { ...inspectResponse.parse(good), ...changes }
}
