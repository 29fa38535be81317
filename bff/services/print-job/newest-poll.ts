import { sql } from 'drizzle-orm'
import type { Context } from '../../context.ts'
import { wakeChannel } from '../../wake.ts'

export interface Poll {
  /** Tells every process that this poll waits from now on: an earlier one of the printer ends. */
  begin: () => Promise<void>
  /** To be called when the poll is over. */
  leave: () => void
}

/**
 * A printer has one poll that waits, and the newest is it: `end` is called when another one begins, in whichever process.
 * All hear the same words in the same order, so that after a poll has heard its own every other one's is newer: of two that
 * begin at once one stays.
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
