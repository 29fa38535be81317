import { sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { wakeChannel } from '../../wake.ts'

export interface Poll {
  /** Announces to every process that this poll now waits. An earlier poll of the printer ends. */
  begin: () => Promise<void>
  /** Call this when the poll is over. */
  leave: () => void
}

/**
 * Only a printer's newest poll may wait: calls `end` when another poll begins in any process. Every process receives the
 * notifications in the same order, so a notification after the poll's own is from a newer poll. When two polls begin at
 * once, exactly one goes on waiting.
 */
export function endOnNewerPoll({ db, random, wake }: Context, printerId: string, end: () => void): Poll {
  const key = `poll:${printerId}`
  const own = random(12).toString('hex')
  let hasBegun = false
  const leave = wake.subscribe(key, word => {
    if (word === own) hasBegun = true
    else if (hasBegun) end()
  })
  return {
    leave,
    begin: async () => {
      await db.execute(sql`SELECT pg_notify(${wakeChannel}, ${`${key} ${own}`})`)
    },
  }
}
