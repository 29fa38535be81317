import { z } from 'zod'
import { scaled } from '../../../runtime/time-scale.ts'
import { endJobRequest } from '../../../schema/http/cws.ts'
import type { Context } from '../../context.ts'
import { advanceTransaction } from '../payments/advance.ts'
import { openEvent } from '../payments/open-event.ts'
import { chargeFee } from '../preparation/charge-fee.ts'
import { type Channel, markDelivered, type OutboxRow } from './take.ts'

/** `later` when the row's end is for the ledger to say: the event's effect marks it delivered then. */
type Delivery = 'delivered' | 'later'

// An event is in consensus within seconds; what takes longer is the reconciler's.
const eventWaitMs = 8_000

const deletePayload = z.object({ uri: z.string().startsWith('gs://') })
const feePayload = z.object({ preparation_id: z.string() })

const deliverBy: Record<Channel, (ctx: Context, row: OutboxRow) => Promise<Delivery>> = {
  'slicing-jobs': publish,
  'print-jobs': publish,
  ledger: async (ctx, row) => {
    const opened = await openEvent(ctx, row)
    if (opened) await advanceTransaction(ctx, opened.transactionId, scaled(eventWaitMs, ctx.settings))
    return 'later'
  },
  'delete-object': async (ctx, row) => {
    await ctx.bucket.remove(deletePayload.parse(row.payload).uri)
    return 'delivered'
  },
  'end-job': async (ctx, row) => {
    await ctx.cws.endJob(endJobRequest.parse(row.payload).job)
    return 'delivered'
  },
  'charge-fee': async (ctx, row) => {
    await chargeFee(ctx, feePayload.parse(row.payload).preparation_id)
    return 'delivered'
  },
}

export const channels = Object.keys(deliverBy) as Channel[]

/** Does what one row asks for, once more if need be: every consumer knows a repeat by the event's id, or does not mind it. */
export async function deliver(ctx: Context, row: OutboxRow): Promise<void> {
  const delivery = await deliverBy[row.channel](ctx, row)
  if (delivery === 'delivered') await markDelivered(ctx, ctx.db, row.eventId)
}

async function publish(ctx: Context, row: OutboxRow): Promise<Delivery> {
  await ctx.publish(row.channel as 'slicing-jobs' | 'print-jobs', row.eventId, row.payload)
  return 'delivered'
}
