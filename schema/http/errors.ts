/**
 * The one union of error codes. A code is a promise to clients: it is never renamed. This file alone maps it to its
 * HTTP status. Messages may change; codes may not.
 */
export const errorStatus = {
  // the request
  bad_request: 400,
  invalid_input: 400,
  unauthenticated: 401,
  token_expired: 401,
  wrong_credentials: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  payload_too_large: 413,
  unsupported_media_type: 415,
  idempotency_key_reused: 422,
  request_in_progress: 409,
  too_many_requests: 429,
  // accounts and models
  email_taken: 409,
  license_not_offered: 422,
  scaling_not_allowed: 422,
  one_copy_per_print: 422,
  // money
  currency_not_accepted: 422,
  insufficient_funds: 402,
  payment_failed: 402,
  daily_cap_exceeded: 403,
  payee_not_allowed: 403,
  transaction_refused: 422,
  /** The operator's account cannot pay the network's fees. Nothing is charged; an operator must fund it. */
  operator_account_empty: 503,
  // rights, preparations and print jobs
  purchase_not_active: 409,
  purchase_in_use: 409,
  no_rights_left: 409,
  not_prepared: 409,
  preparation_in_progress: 409,
  preparation_ended: 409,
  gcode_expired: 410,
  printer_required: 409,
  printer_busy: 409,
  printer_revoked: 401,
  attempts_exhausted: 423,
  job_ended: 409,
  job_not_printing: 409,
  job_claimed_elsewhere: 409,
  outcome_conflict: 409,
  range_not_satisfiable: 416,
  // keys and sealed data
  key_context_mismatch: 403,
  key_blob_invalid: 422,
  openings_exhausted: 423,
  gcode_corrupt: 422,
  model_corrupt: 422,
  // models and slicing
  stl_empty: 422,
  stl_malformed: 422,
  stl_not_finite: 422,
  stl_too_large: 413,
  stl_too_many_triangles: 422,
  stl_too_small: 422,
  stl_exceeds_bed: 422,
  model_format_unsupported: 415,
  profile_invalid: 422,
  profile_not_for_printer: 422,
  engine_failed: 422,
  engine_unavailable: 422,
  engine_timeout: 422,
  gcode_rejected: 422,
  // the printer's host
  confirm_required: 403,
  csrf_required: 403,
  insecure_connection: 403,
  host_not_allowed: 421,
  owner_consent_required: 403,
  not_registered: 409,
  printer_offline: 503,
  print_refused: 409,
  // elsewhere
  ledger_unavailable: 503,
  cws_unavailable: 503,
  marketplace_unavailable: 503,
  unavailable: 503,
  internal: 500,
} as const

export type ErrorCode = keyof typeof errorStatus

/** A refusal. The caller sees `message` as it is, so it contains no secret and no internals. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly details: Record<string, unknown> | undefined
  /** Seconds until the same request may be sent again: the answer's Retry-After. */
  readonly retryAfterS: number | undefined

  constructor(
    code: ErrorCode,
    message: string,
    options: { details?: Record<string, unknown>; cause?: unknown; retryAfterS?: number } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.details = options.details
    this.retryAfterS = options.retryAfterS
  }

  get status(): number {
    return errorStatus[this.code]
  }
}

/** True for an AppError with one of these codes; without codes, for any AppError. */
export function isAppError(error: unknown, ...codes: ErrorCode[]): error is AppError {
  return error instanceof AppError && (codes.length === 0 || codes.includes(error.code))
}

/** True for one of our codes. The `code` in another service's problem+json is checked by this before it is used. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(errorStatus, value)
}
