import { call } from '../runtime/call.ts'
import type { ServiceHeaders } from '../runtime/id-token.ts'
import { type InspectRequest, type InspectResponse, inspectResponse } from '../schema/http/slicer.ts'

/** Asks the slicer to parse a stored model, so that the marketplace itself parses no untrusted files. Errors: the slicer's. */
export type Inspect = (request: InspectRequest) => Promise<InspectResponse>

// Enough to download, decrypt, parse and draw a model of 100 MB.
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
