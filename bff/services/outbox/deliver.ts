import { z } from 'zod'
import { endJobRequest } from '../../../schema/http/cws.ts'
import type { Context, Handlers } from '../../context.ts'
import { markDelivered, type OutboxRow } from './lease.ts'

type Deliver = Handlers['deliveries'][keyof Handlers['deliveries']]

/** Delivers one row, at least once. Every consumer recognizes a repeat by the event's id, or is idempotent. */
export async function deliver(ctx: Context, row: OutboxRow): Promise<void> {
  const delivery = await ctx.handlers.deliveries[row.channel](ctx, row)
  if (delivery === 'delivered') await markDelivered(ctx, ctx.db, row.eventId)
}

export const publish: Deliver = async (ctx, row) => {
  await ctx.publish(row.channel as 'slicing-jobs' | 'print-jobs', row.eventId, row.payload)
  return 'delivered'
}

const deletePayload = z.object({ uri: z.string().startsWith('gs://') })

export const removeObject: Deliver = async (ctx, row) => {
  await ctx.bucket.remove(deletePayload.parse(row.payload).uri)
  return 'delivered'
}

/** Tells the CWS to open no more keys for an ended print job. */
export const endCwsJob: Deliver = async (ctx, row) => {
  await ctx.cws.endJob(endJobRequest.parse(row.payload).job)
  return 'delivered'
}
