import type { SQL } from 'drizzle-orm'
import { livePreparationStates } from '../../../schema/http/preparations.ts'
import type { Context, Queryable } from '../../context.ts'
import { deleteGcode, movePreparation } from './internal.ts'

/**
 * Fails a live preparation with a reason that the user sees, and deletes its G-code. `when` is an additional condition of the
 * UPDATE: a slicer must still hold the lease; the tick must still find the preparation stuck.
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
