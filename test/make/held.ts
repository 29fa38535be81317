import type { Sql } from '../../schema/db/connect.ts'

export type Transaction = Parameters<Parameters<Sql['begin']>[1]>[0]

const limitMs = 30_000

/**
 * Makes the result of a race repeatable: `hold` locks rows in a transaction (and may change them), `start` begins the racers.
 * The transaction commits once all racers wait for those rows. Returns the result of each racer.
 */
export async function whileHeld<T>(
  sql: Sql,
  hold: (tx: Transaction) => PromiseLike<unknown>,
  start: (() => Promise<T>)[],
): Promise<PromiseSettledResult<T>[]> {
  const { ended } = await sql.begin(async tx => {
    await hold(tx)
    // In an object, so that the transaction does not wait for the racers, which wait for it.
    const ended = Promise.allSettled(start.map(begin => begin()))
    await untilWaiting(sql, start.length)
    return { ended }
  })
  return ended
}

/** Resolves when this many connections of the database wait for a lock. */
export async function untilWaiting(sql: Sql, count: number): Promise<void> {
  const deadline = Date.now() + limitMs
  for (;;) {
    const waiting = await sql`
      SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
    if (waiting.length >= count) return
    if (Date.now() > deadline) throw new Error(`${waiting.length} of ${count} wait for what is held`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}
