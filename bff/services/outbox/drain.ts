import type { Context } from '../../context.ts'
import { startTurn } from '../tick-budget.ts'
import { deliver } from './deliver.ts'
import { isTransient } from './failure.ts'
import { type Channel, leaseDue, type OutboxRow, postpone } from './lease.ts'

const batch = 20

/**
 * Delivers due rows until none is left, and returns how many rows it tried. The channels are independent, so that a ledger that
 * hangs delays no slicing job. Any number of relays may run at once. After `stopping` no further batch is leased.
 */
export async function drain(ctx: Context, stopping?: AbortSignal): Promise<number> {
  const isInTime = startTurn(ctx)
  const hasTime = () => isInTime() && !stopping?.aborted
  const channels = Object.keys(ctx.handlers.deliveries) as Channel[]
  let tried = 0
  let inRound = 0
  do {
    // One lease for all channels: mostly one of them has a row, or none.
    const leased = await leaseDue(ctx, channels, batch)
    const leasedOf = (channel: Channel) => leased.filter(row => row.channel === channel)
    const ended = await Promise.allSettled(
      channels.map(channel => drainChannel(ctx, channel, leasedOf(channel), hasTime)),
    )
    inRound = ended.reduce((sum, one) => sum + countOf(one), 0)
    tried += inRound
    // What was delivered may have added more to another channel, such as the event of a payment.
  } while (inRound > 0 && hasTime())
  return tried
}

/** Delivers the leased rows of a channel, then what is due of it until nothing is. */
async function drainChannel(
  ctx: Context,
  channel: Channel,
  leased: OutboxRow[],
  hasTime: () => boolean,
): Promise<number> {
  let tried = 0
  for (let rows = leased; rows.length > 0; rows = hasTime() ? await leaseDue(ctx, [channel], batch) : []) {
    await Promise.all(rows.map(row => tryToDeliver(ctx, row)))
    tried += rows.length
  }
  return tried
}

function countOf(settled: PromiseSettledResult<number>): number {
  if (settled.status === 'rejected') throw settled.reason
  return settled.value
}

/** A failure is logged and the row retried later; the other rows are not affected. */
async function tryToDeliver(ctx: Context, row: OutboxRow): Promise<void> {
  try {
    await deliver(ctx, row)
  } catch (error) {
    const { eventId, channel, attempts } = row
    const about = { err: error, event_id: eventId, channel, attempts }
    ctx.log.warn(about, 'outbox row not delivered; will retry')
    const reason = error instanceof Error ? error.message : String(error)
    const isDead = await postpone(ctx, ctx.db, row, { reason, isOwnFault: !isTransient(error) })
    if (isDead) ctx.log.error(about, 'outbox row given up: an operator can replay it')
  }
}
