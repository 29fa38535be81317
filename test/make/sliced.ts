import type { StartPreparationResponse } from '../../schema/http/preparations.ts'
import type { SliceSummary } from '../../schema/http/slice.ts'
import type { SlicingResult } from '../../schema/messages/slicing.ts'

export const slicedSummary: SliceSummary = {
  object_height_mm: 8,
  layer_height_mm: 0.2,
  first_layer_height_mm: 0.2,
  nozzle_diameter_mm: 0.4,
  filament_type: 'PLA',
  filament_weight_g: 1,
  first_layer_temperature_c: 215,
  first_layer_bed_temperature_c: 60,
}

/** The result that a slicer publishes after a successful attempt. */
export function slicedResult(start: StartPreparationResponse): SlicingResult {
  return {
    outcome: 'sliced',
    preparation_id: start.preparation_id,
    lease_id: start.lease_id,
    gcode_gcs_uri: start.gcode_gcs_uri,
    psek_encrypted_gcode_dek: 'wrapped',
    size: 2000,
    sha256: 'a'.repeat(64),
    totals: { bytes: 1000, lines: 50, layers: 5, sha256: 'b'.repeat(64), estimated_time_s: 60, filament_mm: 100 },
    summary: slicedSummary,
    engine: { name: 'three', version: '0.3.2' },
    warnings: ['open edges'],
    thumbnail: Buffer.from('png').toString('base64'),
    thumbnail_small: Buffer.from('png').toString('base64'),
    previews: [1, 5].map(layer => {
      return { layer, z_mm: layer * 0.2, png: Buffer.from(`layer ${layer}`).toString('base64') }
    }),
  }
}
