import { call } from '../runtime/call.ts'
import type { ServiceHeaders } from '../runtime/id-token.ts'
import { type CheckProfileRequest, type CheckProfileResponse, checkProfileResponse } from '../schema/http/slicer.ts'

/** Has the slicer try a profile without a model. Errors: unavailable. */
export type CheckProfile = (request: CheckProfileRequest) => Promise<CheckProfileResponse>

// A dry run takes milliseconds; a slicer that starts with the request takes seconds.
const timeoutMs = 10_000

export function checkProfileAt(slicerUrl: string, headers: ServiceHeaders): CheckProfile {
  return async request =>
    call({
      url: `${slicerUrl}/check-profile`,
      headers: await headers(slicerUrl),
      body: request,
      answer: checkProfileResponse,
      timeoutMs,
      unavailable: 'unavailable',
      isOwnToken: true,
    })
}
