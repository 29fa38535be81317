import type { Context, MiddlewareHandler } from 'hono'
import { AppError, isAppError } from '../../schema/http/errors.ts'
import { csrfHeader } from '../../schema/page/session.ts'
import { readCaller } from './caller.ts'
import { readCookie } from './cookies.ts'
import type { WebEnv } from './env.ts'
import type { WebParts } from './parts.ts'
import { csrfOf, requireCsrf, requireSameOrigin } from './same-origin.ts'
import type { WebSession } from './sessions.ts'

/** Identifies the request and its caller. Runs before all other middleware. */
export function identify({ randomBytes, log, edges }: WebParts): MiddlewareHandler<WebEnv> {
  return async (c, next) => {
    const id = `web_${randomBytes(9).toString('base64url')}`
    c.set('requestId', id)
    c.set('log', log.child({ request_id: id }))
    c.set('nonce', randomBytes(16).toString('base64url'))
    c.set('edge', edges[0])
    const { socket, headers } = c.env.incoming
    const caller = readCaller({
      remote: socket.remoteAddress ?? '',
      isEncrypted: 'encrypted' in socket && socket.encrypted === true,
      headers,
    })
    c.set('caller', caller)
    c.set('sessionId', readCookie('session', caller, c.req.header('cookie')))
    await next()
  }
}

/** Refuses callers who may not see the page. Errors: forbidden, host_not_allowed. */
export function admit({ admission }: WebParts): MiddlewareHandler<WebEnv> {
  return async (c, next) => {
    admission.admit(c.get('caller'))
    await next()
  }
}

/** Writes a refused request to the security log, unless the method that refused it has done so. */
export function recordRefusals(error: unknown, c: Context<WebEnv>): void {
  if (!isAppError(error, 'forbidden', 'csrf_required', 'insecure_connection', 'host_not_allowed', 'too_many_requests'))
    return
  c.get('edge').page.securityLog.addRefusal(error, {
    event: 'request_refused',
    client: c.get('caller')?.address ?? null,
    details: { code: error.code },
  })
}

/** Selects the printer by the query `printer`. Errors: not_found. */
export function selectPrinter({ edges }: WebParts): MiddlewareHandler<WebEnv> {
  return async (c, next) => {
    const name = c.req.query('printer')
    const edge = name === undefined ? edges[0] : edges.find(({ page }) => page.name === name)
    if (!edge) throw new AppError('not_found', 'This host has no printer of that name.')
    c.set('edge', edge)
    await next()
  }
}

/**
 * Refuses requests of other pages, which could not read the answer, but could take all streams; and those that change something without
 * the value that only our page can read. Errors: csrf_required.
 */
export function requireOwnPage({ csrfKey }: WebParts): MiddlewareHandler<WebEnv> {
  return async (c, next) => {
    requireSameOrigin(c.get('caller'), { origin: c.req.header('origin'), fetchSite: c.req.header('sec-fetch-site') })
    if (c.req.method !== 'GET' && c.req.method !== 'HEAD') {
      const id = c.get('sessionId')
      requireCsrf(id === undefined ? null : csrfOf(csrfKey, id), c.req.header(csrfHeader))
    }
    await next()
  }
}

/** The session of the person who is logged in, used now. Errors: unauthenticated. */
export function requireSession({ sessions }: WebParts, c: Context<WebEnv>): WebSession {
  const session = sessions.use(c.get('sessionId'))
  if (session) return session
  throw new AppError('unauthenticated', 'Log in to the marketplace first, or again: the session has ended.')
}

/** Whether the printer is shown and stopped for its owner only, as Moonraker itself wants a log-in. */
export function needsLogin({ config, edges }: WebParts): boolean {
  return config.needsLogin === 'auto'
    ? edges.some(({ page }) => page.isMoonrakerGuarded)
    : config.needsLogin === 'always'
}

/**
 * For what everyone who can open the page may see and do; with `needsLogin`, its owner only, or anybody who is logged in while the
 * printer is not registered. Errors: unauthenticated, forbidden.
 */
export function requireWatcher(parts: WebParts, c: Context<WebEnv>): void {
  if (!needsLogin(parts)) return
  const { user } = requireSession(parts, c)
  const owner = c.get('edge').page.identity()?.user_id
  if (owner !== undefined && owner !== user.user_id)
    throw new AppError('forbidden', 'This printer is another account’s.')
}
