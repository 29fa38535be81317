import type { Context, Hono } from 'hono'
import { limitBody } from '../../../runtime/limit-body.ts'
import { AppError, isAppError } from '../../../schema/http/errors.ts'
import { type PageSession, pageLogin } from '../../../schema/page/session.ts'
import { version } from '../../version.ts'
import { hostNameOf } from '../caller.ts'
import { readCookie, writeCookie } from '../cookies.ts'
import type { WebEnv } from '../env.ts'
import { needsLogin } from '../guard.ts'
import { readJsonBody } from '../json-body.ts'
import type { WebParts } from '../parts.ts'
import { csrfOf } from '../same-origin.ts'
import { idleMs, type LoggedIn, type WebSession } from '../sessions.ts'

const longestBody = 4096

/** api/session, api/login, api/logout. */
export function sessionRoutes(app: Hono<WebEnv>, parts: WebParts): void {
  app.get('/api/session', c => {
    const session = parts.sessions.use(c.get('sessionId'))
    if (c.get('sessionId') === undefined) giveCookie(parts, c, null)
    return c.json(describe(parts, c, session))
  })
  app.post('/api/login', limitBody(longestBody), async c => {
    const caller = c.get('caller')
    if (!caller.isSecure) {
      const advice = 'Open the page by HTTPS and log in there.'
      throw new AppError('insecure_connection', `Others in this network could read the password. ${advice}`)
    }
    const wanted = readJsonBody(pageLogin, await c.req.text())
    const takeBack = parts.throttle.attempt(caller.address)
    const device = readCookie('device', caller, c.req.header('cookie'))
    const edge = c.get('edge')
    const params = { ...wanted, ...(device === undefined ? {} : { device_token: device }) }
    const answer = (await edge.call('login_user', params, { client: caller.address }).catch((error: unknown) => {
      // The marketplace is away: nobody has learnt whether the password is right.
      if (isAppError(error, 'marketplace_unavailable')) takeBack()
      throw error
    })) as LoggedIn & { device_token?: string }
    parts.throttle.succeed(caller.address)
    const before = parts.sessions.peek(c.get('sessionId'))
    if (before) parts.sessions.end(before, 'log_out')
    const session = parts.sessions.open(edge, wanted.email, answer, caller.address)
    giveCookie(parts, c, session)
    if (answer.device_token)
      c.header('set-cookie', writeCookie('device', caller, answer.device_token), { append: true })
    return c.json(describe(parts, c, session))
  })
  app.post('/api/logout', c => {
    const session = parts.sessions.peek(c.get('sessionId'))
    if (session) parts.sessions.end(session, 'log_out')
    giveCookie(parts, c, null)
    return c.json(describe(parts, c, null))
  })
}

/** A new cookie at log-in and log-out: what somebody knew before is worth nothing after. */
function giveCookie({ randomBytes }: WebParts, c: Context<WebEnv>, session: WebSession | null): void {
  const id = session?.id ?? randomBytes(32).toString('base64url')
  c.set('sessionId', id)
  c.header('set-cookie', writeCookie('session', c.get('caller'), id), { append: true })
}

function describe(parts: WebParts, c: Context<WebEnv>, session: WebSession | null): PageSession {
  const { csrfKey, edges, marketplaceUrl, config, clock, now } = parts
  const caller = c.get('caller')
  const httpsUrl = config.https && `https://${bracketed(hostNameOf(caller.host))}:${config.https.port}/`
  return {
    user: session?.user ?? null,
    expires_at: session && new Date(clock() + session.until - now()).toISOString(),
    idle_seconds: idleMs / 1000,
    csrf: csrfOf(csrfKey, c.get('sessionId') ?? ''),
    version,
    marketplace_url: marketplaceUrl,
    is_secure: caller.isSecure,
    https_url: httpsUrl,
    trust_url: httpsUrl && 'trust',
    needs_login: needsLogin(parts),
    printers: edges.map(({ page }) => {
      const identity = page.identity()
      return {
        name: page.name,
        registered: identity !== null,
        printer_id: identity?.printer_id ?? null,
        registered_name: identity?.name ?? null,
        is_yours: identity && session ? identity.user_id === session.user.user_id : null,
      }
    }),
  }
}

function bracketed(name: string): string {
  return name.includes(':') ? `[${name}]` : name
}
