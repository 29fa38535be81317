import { call } from '../runtime/call.ts'
import type { ServiceHeaders } from '../runtime/id-token.ts'
import { type InspectRequest, type InspectResponse, inspectResponse } from '../schema/http/slicer.ts'

/** Has the slicer parse a stored model: hostile bytes never reach a parser in the marketplace. Throws the slicer's own code. */
export type Inspect = (request: InspectRequest) => Promise<InspectResponse>

// A model of 100 MB is downloaded, decrypted, parsed and drawn in this time.
const timeoutMs = 120_000

export function inspectAt(slicerUrl: string, headers: ServiceHeaders): Inspect {
  return async request =>
    call({
      url: `${slicerUrl}/inspect`,
      headers: await headers(slicerUrl),
      body: request,
      answer: inspectResponse,
      timeoutMs,
      unavailable: 'unavailable',
      isOwnToken: true,
    })
}
