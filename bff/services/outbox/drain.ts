import { scaled } from '../../../service/time-scale.ts'
import type { Context } from '../../context.ts'
import { deliver } from './deliver.ts'
import { isPassing } from './failure.ts'
import { type OutboxRow, postpone, takeDue } from './take.ts'

const batch = 20
// The tick is a request like any other: it ends long before the front end cuts it, and the next one goes on.
const budgetMs = 20_000

/** Delivers what is due until nothing is, and returns how many rows it tried. Any number of relays may run at once. */
export async function drain(ctx: Context): Promise<number> {
  const until = performance.now() + scaled(budgetMs, ctx.settings)
  let tried = 0
  while (performance.now() < until) {
    const rows = await takeDue(ctx, batch)
    await Promise.all(rows.map(row => tryToDeliver(ctx, row)))
    tried += rows.length
    // What was delivered may have added more, such as the event of a payment.
    if (rows.length === 0) break
  }
  return tried
}

/**
 * Starts delivering right after a commit, without making the request wait. Never rejects: what fails is logged, and stays in
 * the outbox for the tick. Await it only to know when it is over.
 */
export async function drainSoon(ctx: Context): Promise<void> {
  try {
    await drain(ctx)
  } catch (error) {
    ctx.log.warn({ err: error }, 'the outbox could not be drained')
  }
}

/** One row's failure is its own: it comes again later, and the others go on. */
async function tryToDeliver(ctx: Context, row: OutboxRow): Promise<void> {
  try {
    await deliver(ctx, row)
  } catch (error) {
    const { eventId, channel, attempts } = row
    const about = { err: error, event_id: eventId, channel, attempts }
    ctx.log.warn(about, 'not delivered')
    const reason = error instanceof Error ? error.message : String(error)
    const isDead = await postpone(ctx, ctx.db, row, { reason, isOwnFault: !isPassing(error) })
    if (isDead) ctx.log.error(about, 'given up: an operator can replay it')
  }
}
