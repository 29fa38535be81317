import { createHash } from 'node:crypto'
import type { SessionResponse } from '../../schema/http/auth.ts'

/**
 * The sessions of the people who logged in at this printer, in memory only, gone with the process. Each is known by the
 * access token that was handed out, and lasts as long as that: a token that has expired is worth nothing here either.
 */
export interface Sessions {
  keep: (session: SessionResponse) => void
  /** Takes the refresh token of the session that this access token belongs to; the session is then no longer kept. */
  remove: (accessToken: string) => string | null
}

interface Session {
  refreshToken: string
  /** Milliseconds since 1970. */
  until: number
}

/** More people than this do not use one printer within an hour; the oldest session is forgotten. */
const most = 20

export function createSessions(clock: () => number): Sessions {
  const sessions = new Map<string, Session>()
  return {
    keep({ access_token, refresh_token, expires_in }) {
      for (const [key, { until }] of sessions) if (until <= clock()) sessions.delete(key)
      sessions.set(digest(access_token), { refreshToken: refresh_token, until: clock() + expires_in * 1000 })
      const [oldest] = sessions.keys()
      if (sessions.size > most && oldest !== undefined) sessions.delete(oldest)
    },
    remove(accessToken) {
      const key = digest(accessToken)
      const session = sessions.get(key)
      sessions.delete(key)
      return session && clock() < session.until ? session.refreshToken : null
    },
  }
}

/** A digest, so that the access token itself is not kept, and the time of a comparison says nothing about it. */
function digest(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
