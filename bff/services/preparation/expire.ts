import { and, eq, inArray, lte, ne, notExists, or } from 'drizzle-orm'
import { scaled } from '../../../runtime/time-scale.ts'
import { preparations, printJobs } from '../../../schema/db/bff/index.ts'
import { liveJobStates } from '../../../schema/http/print-jobs.ts'
import type { Context } from '../../context.ts'
import { inTransaction } from '../../transaction.ts'
import { failPreparation } from './fail.ts'
import { deleteGcode, movePreparation } from './internal.ts'

const batch = 200
/**
 * A preparation fails when no slicer has reported on it for this time, or when it is twice as old in any case. Its message is dropped
 * if it still arrives. The first limit counts from the last report, so a preparation that waited long in the queue can still be sliced,
 * which takes minutes. The second ends a preparation that crashes each slicer: its owner can then prepare it differently, or be refunded.
 */
const stuckHours = 2

/** For the tick: expires old slices that no print needs, and fails stuck preparations. Returns the number of both. */
export async function expirePreparations(ctx: Context): Promise<number> {
  const now = ctx.clock()
  const liveJob = ctx.db
    .select({ id: printJobs.printJobId })
    .from(printJobs)
    .where(and(eq(printJobs.preparationId, preparations.preparationId), inArray(printJobs.status, [...liveJobStates])))
  const over = await ctx.db
    .select({ id: preparations.preparationId })
    .from(preparations)
    .where(and(eq(preparations.status, 'completed'), lte(preparations.gcodeTtlExpiry, now), notExists(liveJob)))
    .limit(batch)
  for (const { id } of over) {
    await inTransaction(ctx, async tx => {
      const expired = await movePreparation(ctx, tx, id, { from: ['completed'], to: 'expired' })
      if (expired) await deleteGcode(ctx, tx, expired)
    })
  }
  const ago = (hours: number) => new Date(now.getTime() - scaled(hours * 3600_000, ctx.settings))
  const isStuck = and(
    or(
      eq(preparations.status, 'pending'),
      and(eq(preparations.status, 'in_progress'), ne(preparations.step, 'payment')),
    ),
    or(lte(preparations.updatedAt, ago(stuckHours)), lte(preparations.createdAt, ago(2 * stuckHours))),
  )
  const stuck = await ctx.db.select({ id: preparations.preparationId }).from(preparations).where(isStuck).limit(batch)
  const reason = { code: 'engine_timeout', message: 'The model could not be sliced in time. Prepare it again.' }
  // The move checks again: if a result has arrived since, its fee is being paid.
  for (const { id } of stuck) await inTransaction(ctx, tx => failPreparation(ctx, tx, id, reason, isStuck))
  return over.length + stuck.length
}
