import { type AppError, type ErrorCode, isAppError } from '../../schema/http/errors.ts'

/**
 * Permanent errors: the model, the profile, the engine's result for both, or keys that do not match. The preparation fails
 * with them. All other errors (a service, the storage or the queue cannot be reached) are retried.
 */
const permanentCodes = new Set<ErrorCode>([
  ...(['stl_empty', 'stl_malformed', 'stl_not_finite', 'stl_too_large', 'stl_too_many_triangles'] as const),
  ...(['stl_too_small', 'stl_exceeds_bed', 'model_format_unsupported', 'model_corrupt'] as const),
  ...(['profile_invalid', 'engine_failed', 'engine_timeout', 'engine_unavailable', 'gcode_rejected'] as const),
  ...(['key_context_mismatch', 'key_blob_invalid', 'openings_exhausted'] as const),
])

/** The error for the buyer, or undefined for a temporary one. */
export function permanentFailure(error: unknown): AppError | undefined {
  return isAppError(error) && permanentCodes.has(error.code) ? error : undefined
}
