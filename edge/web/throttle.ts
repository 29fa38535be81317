import { networkOf } from '../../runtime/client-network.ts'
import { AppError } from '../../schema/http/errors.ts'

export interface Throttle {
  /**
   * Counts an attempt before it is made, so that several at once count. Returns the function that takes it back, for one that nobody has
   * judged. Errors: too_many_requests, with the seconds to wait.
   */
  attempt: (client: string) => () => void
  /** Forgets the attempts of a client that has succeeded. */
  succeed: (client: string) => void
}

const freeAttempts = 5
const firstWaitMs = 30_000
const longestWaitMs = 15 * 60_000
const mostClients = 1000

interface Attempts {
  count: number
  waitUntil: number
  /** When the attempts are forgotten. */
  until: number
}

/** After five failed attempts a client waits: half a minute, then twice as long each time. `now` is in milliseconds. */
export function createThrottle(now: () => number): Throttle {
  const clients = new Map<string, Attempts>()
  return {
    attempt(client) {
      const key = networkOf(client)
      const at = now()
      const known = clients.get(key)
      const { count, waitUntil } = known && known.until > at ? known : { count: 0, waitUntil: 0 }
      if (waitUntil > at) {
        const retryAfterS = Math.ceil((waitUntil - at) / 1000)
        throw new AppError('too_many_requests', `Too many log-ins. Try again in ${retryAfterS} s.`, { retryAfterS })
      }
      const next = count + 1
      const waitMs = next < freeAttempts ? 0 : Math.min(longestWaitMs, firstWaitMs * 2 ** (next - freeAttempts))
      clients.delete(key)
      clients.set(key, { count: next, waitUntil: at + waitMs, until: at + 2 * longestWaitMs })
      const [oldest] = clients.keys()
      if (clients.size > mostClients && oldest !== undefined) clients.delete(oldest)
      return () => {
        const counted = clients.get(key)
        if (counted) clients.set(key, { ...counted, count: counted.count - 1, waitUntil })
      }
    },
    succeed: client => void clients.delete(networkOf(client)),
  }
}
