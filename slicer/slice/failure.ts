import { type AppError, type ErrorCode, isAppError } from '../../schema/http/errors.ts'

/**
 * What trying again would not mend: the model, the profile, the engine's answer to both, or keys that do not fit. The
 * buyer is told; everything else (a service, the storage, the queue out of reach) is tried again.
 */
const lasting = new Set<ErrorCode>([
  ...(['stl_empty', 'stl_malformed', 'stl_not_finite', 'stl_too_large', 'stl_too_many_triangles'] as const),
  ...(['stl_too_small', 'stl_exceeds_bed', 'model_format_unsupported', 'model_corrupt'] as const),
  ...(['profile_invalid', 'engine_failed', 'engine_timeout', 'gcode_rejected'] as const),
  ...(['key_context_mismatch', 'key_blob_invalid', 'openings_exhausted'] as const),
])

/** The error to tell the buyer, or undefined for one that may pass. */
export function lastingFailure(error: unknown): AppError | undefined {
  return isAppError(error) && lasting.has(error.code) ? error : undefined
}
