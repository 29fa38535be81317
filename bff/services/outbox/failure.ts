import { isAppError } from '../../../schema/http/errors.ts'

/** gRPC codes: cancelled, unknown, deadline exceeded, resource exhausted, aborted, internal, unavailable, unauthenticated. */
const passingGrpc = new Set([1, 2, 4, 8, 10, 13, 14, 16])
/** HTTP statuses, in addition to 500 and above. */
const passingHttp = new Set([401, 408, 429])
/** Codes of the system, the database client and the database (lost connection, rollback, no resources, shutdown). */
const passingWords = /^(E(?!RR_)[A-Z]|CONNECT|ERR_STREAM_PREMATURE_CLOSE$|(08|40|53|57)...$)/

/** True for a failure that is not the message's fault: the network, or a service that is down. */
export function isTransient(error: unknown): boolean {
  if (isAppError(error)) return error.status === 429 || (error.status >= 500 && error.code !== 'internal')
  if (!(error instanceof Error)) return false
  const code: unknown = 'code' in error ? error.code : undefined
  if (typeof code === 'number') return code < 100 ? passingGrpc.has(code) : code >= 500 || passingHttp.has(code)
  if (typeof code === 'string') return passingWords.test(code)
  // fetch() and drizzle wrap what happened.
  return error.cause !== undefined && isTransient(error.cause)
}
