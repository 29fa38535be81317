import type { WebCaller } from './caller.ts'

/**
 * Cookies without a Path belong to the folder of the request that sets them, api/: so the page at /server/lmnt/ and the one at / have
 * their own. Over HTTPS the name demands the attribute Secure, so that no plain page of this host can set or read it.
 */
const names = {
  session: { http: 'lmnt_session', https: '__Secure-lmnt_session' },
  /** The marketplace's device token: it spares a person the lock that strangers' wrong passwords cause. */
  device: { http: 'lmnt_device', https: '__Secure-lmnt_device' },
} as const

const deviceDays = 180
const valid = /^[\w.~+/=-]{1,1000}$/

export function readCookie(
  kind: keyof typeof names,
  caller: WebCaller,
  header: string | undefined,
): string | undefined {
  const name = names[kind][caller.protocol]
  for (const part of (header ?? '').split(';')) {
    const [given, value] = part.trim().split(/=(.*)/s)
    if (given === name && value !== undefined && valid.test(value)) return value
  }
  return undefined
}

/** The Set-Cookie header. A session's cookie ends with the browser, the device's after half a year. */
export function writeCookie(kind: keyof typeof names, caller: WebCaller, value: string): string {
  const attributes = ['HttpOnly', 'SameSite=Strict']
  if (caller.protocol === 'https') attributes.push('Secure')
  if (kind === 'device') attributes.push(`Max-Age=${deviceDays * 24 * 3600}`)
  return `${names[kind][caller.protocol]}=${value}; ${attributes.join('; ')}`
}
