import type { SQL } from 'drizzle-orm'
import { livePreparationStates } from '../../../schema/http/preparations.ts'
import type { Context, Queryable } from '../../context.ts'
import { deleteGcode, movePreparation } from './internal.ts'

/**
 * Ends a live preparation with a reason that the user sees, and deletes what it made. `when` is what else must hold of it at that
 * moment: a slicer's report counts only with its lease, a timer's only while the preparation is as old as it looked.
 */
export async function failPreparation(
  ctx: Context,
  tx: Queryable,
  preparationId: string,
  reason: { code: string; message: string },
  when?: SQL,
): Promise<void> {
  const failed = await movePreparation(ctx, tx, preparationId, {
    from: livePreparationStates,
    to: 'failed',
    set: { errorCode: reason.code, error: reason.message, leaseUntil: null },
    when,
  })
  if (failed) await deleteGcode(ctx, tx, failed)
}
