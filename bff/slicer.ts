/** The slicer's operations that the marketplace calls, so that it parses and unpacks no untrusted files itself. */
import type { z } from 'zod'
import { call } from '../runtime/call.ts'
import type { ServiceHeaders } from '../runtime/id-token.ts'
import {
  type CheckProfileRequest,
  type CheckProfileResponse,
  checkProfileResponse,
  type InspectRequest,
  type InspectResponse,
  inspectResponse,
  type ReadProfileRequest,
  type ReadProfileResponse,
  readProfileResponse,
} from '../schema/http/slicer.ts'

export interface Slicer {
  /** Parses a stored model. Errors: the slicer's, unavailable. */
  inspect: (request: InspectRequest) => Promise<InspectResponse>
  /** Tries a profile without a model. Errors: unavailable. */
  checkProfile: (request: CheckProfileRequest) => Promise<CheckProfileResponse>
  /** Reads the files that OrcaSlicer exports. Errors: the slicer's, unavailable. */
  readProfile: (request: ReadProfileRequest) => Promise<ReadProfileResponse>
}

export function slicerAt(url: string, headers: ServiceHeaders): Slicer {
  const operation =
    <T extends z.ZodType>(path: string, answer: T, timeoutMs: number) =>
    async (body: unknown): Promise<z.infer<T>> =>
      call({
        url: url + path,
        headers: await headers(url),
        body,
        answer,
        timeoutMs,
        unavailable: 'unavailable',
        isOwnToken: true,
      })
  return {
    // Enough to download, decrypt, parse and draw a model of 100 MB.
    inspect: operation('/inspect', inspectResponse, 120_000),
    // These take milliseconds; a slicer that starts with the request takes seconds.
    checkProfile: operation('/check-profile', checkProfileResponse, 10_000),
    readProfile: operation('/read-profile', readProfileResponse, 15_000),
  }
}
