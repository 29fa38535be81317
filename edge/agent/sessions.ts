import type { SessionResponse } from '../../schema/http/auth.ts'

/** Refresh tokens of the people who logged in at this printer: in memory only, gone with the process. */
export interface Sessions {
  keep: (session: SessionResponse) => void
  refreshToken: (userId: string) => string | undefined
}

/** More people than this do not use one printer in the time that the edge runs; the oldest is forgotten. */
const most = 20

export function createSessions(): Sessions {
  const tokens = new Map<string, string>()
  return {
    keep({ user_id, refresh_token }) {
      tokens.delete(user_id)
      tokens.set(user_id, refresh_token)
      const [oldest] = tokens.keys()
      if (tokens.size > most && oldest !== undefined) tokens.delete(oldest)
    },
    refreshToken: userId => tokens.get(userId),
  }
}
