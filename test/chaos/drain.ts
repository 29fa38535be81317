import { setTimeout as sleep } from 'node:timers/promises'
import { calm } from './faults.ts'
import type { World } from './world.ts'

/** Everything unfinished, by its kind. */
export type Unfinished = Record<string, readonly unknown[]>

const lookEveryMs = 200
const calmEveryMs = 1000

/** Waits until everything is finished. Returns what is still unfinished after `limitMs`. */
export async function drain(world: World, limitMs: number): Promise<Unfinished> {
  const until = performance.now() + limitMs
  let nextCalm = 0
  for (;;) {
    if (performance.now() > nextCalm) {
      await calm(world)
      nextCalm = performance.now() + calmEveryMs
    }
    // The database may be starting.
    const unfinished = await look(world).catch((error: unknown) => ({ database: [String(error)] }))
    if (Object.values(unfinished).every(rows => rows.length === 0)) return {}
    if (performance.now() > until) return unfinished
    await sleep(lookEveryMs)
  }
}

async function look({ sql }: World): Promise<Unfinished> {
  return {
    purchases: await sql`
      SELECT purchase_id, user_id, status, error, created_at FROM purchases WHERE status = 'pending'`,
    preparations: await sql`
      SELECT preparation_id, purchase_id, status, step, lease_until, updated_at
      FROM preparations WHERE status IN ('pending', 'in_progress')`,
    print_jobs: await sql`
      SELECT print_job_id, purchase_id, printer_id, status, lease_until, last_word_at
      FROM print_jobs WHERE status IN ('queued', 'claimed', 'printing')`,
    ledger_transactions: await sql`
      SELECT transaction_id, kind, subject_id, status, valid_until, error
      FROM ledger_transactions WHERE status IN ('created', 'submitted')`,
    printers: await sql`
      SELECT user_id, array_agg(printer_id) AS replaced_but_active FROM printers WHERE status = 'active'
      GROUP BY user_id HAVING count(*) > 1`,
    outbox: await sql`
      SELECT event_id, channel, type, attempts, due_at, last_error FROM outbox WHERE delivered_at IS NULL`,
  }
}
