import { call } from '../runtime/call.ts'
import type { ServiceHeaders } from '../runtime/id-token.ts'
import { type ReadProfileRequest, type ReadProfileResponse, readProfileResponse } from '../schema/http/slicer.ts'

/** Has the slicer read OrcaSlicer's files, so that the marketplace itself unpacks none. Errors: the slicer's, unavailable. */
export type ReadProfile = (request: ReadProfileRequest) => Promise<ReadProfileResponse>

// Reading takes milliseconds; a slicer that starts with the request takes seconds.
const timeoutMs = 15_000

export function readProfileAt(slicerUrl: string, headers: ServiceHeaders): ReadProfile {
  return async request =>
    call({
      url: `${slicerUrl}/read-profile`,
      headers: await headers(slicerUrl),
      body: request,
      answer: readProfileResponse,
      timeoutMs,
      unavailable: 'unavailable',
      isOwnToken: true,
    })
}
