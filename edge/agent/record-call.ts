import { isAppError } from '../../schema/http/errors.ts'
import type { SecurityLog } from '../security-log.ts'
import { userOf } from './request.ts'

/** Who calls a method, as far as it is known. */
export interface Caller {
  /** The address of the browser; null for calls by Moonraker, which does not say whose they are. */
  client: string | null
  /** True: the caller writes the security log itself. */
  isRecording?: boolean
}

/** Refusals of a person, not of a wish. */
const refusals = [
  'unauthenticated',
  'token_expired',
  'wrong_credentials',
  'forbidden',
  'confirm_required',
  'owner_consent_required',
  'too_many_requests',
] as const

/** Writes log-ins, log-outs and refusals to the security log. What a method itself has done for security's sake, it logs itself. */
export function recordCall(
  log: SecurityLog,
  { name, params, caller }: { name: string; params: unknown; caller: Caller },
  result: { answer: unknown } | { error: unknown },
): void {
  const { client, isRecording = false } = caller
  if (isRecording) return
  const given = (params ?? {}) as { email?: unknown; token?: unknown }
  const isLogIn = name === 'login_user' && given.email !== undefined
  if ('answer' in result) {
    if (isLogIn) log.add({ event: 'log_in', client, user_id: (result.answer as { user_id: string }).user_id })
    if (name === 'logout_user') log.add({ event: 'log_out', client, user_id: claimedUser(given.token) })
    return
  }
  const { error } = result
  if (!isAppError(error, ...refusals)) return
  if (isLogIn) log.addRefusal(error, { event: 'log_in_failed', client, details: { code: error.code } })
  else log.addRefusal(error, { event: 'request_refused', client, details: { method: name, code: error.code } })
}

/** The user that the token names. The marketplace has accepted it: this session was opened here. */
function claimedUser(token: unknown): string | null {
  try {
    return userOf(String(token))
  } catch {
    return null
  }
}
