import { and, eq, ne, type SQL } from 'drizzle-orm'
import { preparations } from '../../../schema/db/bff.ts'
import type { Context, Queryable } from '../../context.ts'
import { deleteGcode, livePreparationStates, movePreparation } from './internal.ts'

/**
 * Ends a live preparation with a reason that the user sees, and deletes what it made. With a lease it must still hold it and
 * its slice must not be in payment: that is the slicer's report. Without one it is a payment that failed, or a timer.
 */
export async function failPreparation(
  ctx: Context,
  tx: Queryable,
  preparationId: string,
  reason: { code: string; message: string },
  leaseId?: string,
): Promise<void> {
  const when: SQL | undefined = leaseId
    ? and(eq(preparations.leaseId, leaseId), ne(preparations.step, 'payment'))
    : undefined
  const failed = await movePreparation(ctx, tx, preparationId, {
    from: livePreparationStates,
    to: 'failed',
    set: { errorCode: reason.code, error: reason.message, leaseUntil: null },
    when,
  })
  if (failed) await deleteGcode(ctx, tx, failed)
}
