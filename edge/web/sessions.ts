import type { Role } from '../../schema/http/auth.ts'
import { isAppError } from '../../schema/http/errors.ts'
import type { RandomBytes } from '../../schema/http/ids.ts'
import type { Edge } from '../app.ts'

/** A person who is logged in at the page. The token is in memory only, and never leaves for the browser. */
export interface WebSession {
  readonly id: string
  readonly user: { user_id: string; email: string; role: Role }
  /** The edge that keeps the refresh token. */
  readonly edge: Edge
  readonly client: string
  token: string
  /** Milliseconds, by `now` of the sessions: the token's end, and its whole life. */
  tokenUntil: number
  tokenLifeMs: number
  readonly until: number
  usedAt: number
  /** The renewal of the token that is on its way. */
  renewal: Promise<string> | null
}

/** What login_user answers. */
export interface LoggedIn {
  user_id: string
  role: Role
  token: string
  expires_in: number
}

export interface SessionsOptions {
  randomBytes: RandomBytes
  /** Monotonic milliseconds: the host's clock may jump. */
  now: () => number
  /** Called when a session has ended, whatever the reason. */
  onEnd: (session: WebSession, why: 'log_out' | 'expired' | 'refused') => void
}

export interface WebSessions {
  open: (edge: Edge, email: string, loggedIn: LoggedIn, client: string) => WebSession
  /** The session of a cookie, without counting as its use; null when it has ended. */
  peek: (id: string | undefined) => WebSession | null
  /** The same, used now: its idle time begins again. */
  use: (id: string | undefined) => WebSession | null
  /** A token of the session that is good for some minutes. Errors: unauthenticated when the session has ended at the marketplace. */
  token: (session: WebSession) => Promise<string>
  end: (session: WebSession, why: 'log_out' | 'expired' | 'refused') => void
  close: () => void
}

export const idleMs = 30 * 60_000
export const longestMs = 12 * 60 * 60_000
/** As many as the agent keeps. Beyond, the one that was unused the longest ends. */
const mostSessions = 20
const sweepMs = 30_000

/** The sessions of the page, in memory only: a restart of the edge ends them. */
export function createSessions({ randomBytes, now, onEnd }: SessionsOptions): WebSessions {
  const sessions = new Map<string, WebSession>()
  let sweeper: NodeJS.Timeout | null = null

  const isOver = ({ until, usedAt }: WebSession) => now() >= until || now() - usedAt >= idleMs

  function end(session: WebSession, why: Parameters<typeof onEnd>[1]): void {
    if (!sessions.delete(session.id)) return
    if (sessions.size === 0) stopSweeping()
    onEnd(session, why)
  }

  function sweep(): void {
    for (const session of [...sessions.values()]) if (isOver(session)) end(session, 'expired')
  }

  function stopSweeping(): void {
    if (sweeper) clearInterval(sweeper)
    sweeper = null
  }

  function peek(id: string | undefined): WebSession | null {
    const session = id === undefined ? undefined : sessions.get(id)
    if (!session) return null
    if (!isOver(session)) return session
    end(session, 'expired')
    return null
  }

  async function renew(session: WebSession): Promise<string> {
    try {
      const answer = (await session.edge.call('login_user', { token: session.token })) as LoggedIn
      keepToken(session, answer, now())
      return session.token
    } catch (error) {
      if (isAppError(error, 'unauthenticated', 'token_expired')) end(session, 'refused')
      // The marketplace is away: the old token may still be good.
      else if (now() < session.tokenUntil) return session.token
      throw error
    } finally {
      session.renewal = null
    }
  }

  return {
    open(edge, email, answer, client) {
      const id = randomBytes(32).toString('base64url')
      const { user_id, role } = answer
      const at = now()
      const times = { until: at + longestMs, usedAt: at, tokenUntil: 0, tokenLifeMs: 0, renewal: null }
      const session: WebSession = { id, user: { user_id, email, role }, edge, client, token: '', ...times }
      keepToken(session, answer, at)
      sessions.set(id, session)
      const [oldest] = [...sessions.values()].sort((a, b) => a.usedAt - b.usedAt)
      if (sessions.size > mostSessions && oldest) end(oldest, 'expired')
      sweeper ??= setInterval(sweep, sweepMs).unref()
      return session
    },
    peek,
    use(id) {
      const session = peek(id)
      if (session) session.usedAt = now()
      return session
    },
    async token(session) {
      // Its first half is longer than a session may be idle, less the time between two requests.
      if (session.tokenUntil - now() > session.tokenLifeMs * 0.55) return session.token
      session.renewal ??= renew(session)
      return session.renewal
    },
    end,
    close() {
      stopSweeping()
      sessions.clear()
    },
  }
}

function keepToken(session: WebSession, { token, expires_in }: LoggedIn, now: number): void {
  session.token = token
  session.tokenLifeMs = expires_in * 1000
  session.tokenUntil = now + session.tokenLifeMs
}
