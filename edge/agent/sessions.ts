import { createHash } from 'node:crypto'
import type { SessionResponse } from '../../schema/http/auth.ts'

/**
 * The sessions of people who logged in at this printer, in memory only. A session is found by its access token, and ends when that
 * token expires.
 */
export interface Sessions {
  keep: (session: SessionResponse) => void
  /** Removes the session of this access token and returns it; null when there is none. */
  remove: (accessToken: string) => Session | null
  /** Keeps a removed session after all. */
  putBack: (accessToken: string, session: Session) => void
}

export interface Session {
  refreshToken: string
  /** Milliseconds since 1970. */
  until: number
}

/** The most sessions at one time; then the oldest is removed. */
const most = 20

export function createSessions(clock: () => number): Sessions {
  const sessions = new Map<string, Session>()

  function add(accessToken: string, session: Session): void {
    for (const [key, { until }] of sessions) if (until <= clock()) sessions.delete(key)
    sessions.set(digest(accessToken), session)
    const [oldest] = sessions.keys()
    if (sessions.size > most && oldest !== undefined) sessions.delete(oldest)
  }

  return {
    keep({ access_token, refresh_token, expires_in }) {
      add(access_token, { refreshToken: refresh_token, until: clock() + expires_in * 1000 })
    },
    remove(accessToken) {
      const key = digest(accessToken)
      const session = sessions.get(key)
      sessions.delete(key)
      return session && clock() < session.until ? session : null
    },
    putBack: add,
  }
}

/** Hashes the token, so that it is not stored, and the time of a look-up reveals nothing about it. */
function digest(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
