import { eq, ne } from 'drizzle-orm'
import { preparations, purchases } from '../../../schema/db/bff/index.ts'
import { AppError } from '../../../schema/http/errors.ts'
import { livePreparationStates, type PrepareResponse } from '../../../schema/http/preparations.ts'
import { type Context, requireUser } from '../../context.ts'
import { inTransaction } from '../../transaction.ts'
import { deleteGcode, lockPrinterOf, movePreparation } from './internal.ts'
import { toPrepareResponse } from './status.ts'

/**
 * Cancels a user's own preparation while it is queued or being sliced: no fee is charged, and the slicer stops at its next
 * report. Repeatable. Once the fee is being paid, a preparation cannot be cancelled.
 * Errors: not_found, forbidden, preparation_ended.
 */
export async function cancelPreparation(ctx: Context, preparationId: string): Promise<PrepareResponse> {
  const { userId } = requireUser(ctx)
  const preparation = await inTransaction(ctx, async tx => {
    const [row] = await tx
      .select({ preparation: preparations, owner: purchases.userId })
      .from(preparations)
      .innerJoin(purchases, eq(purchases.purchaseId, preparations.purchaseId))
      .where(eq(preparations.preparationId, preparationId))
    if (!row) throw new AppError('not_found', `There is no preparation ${preparationId}.`)
    if (row.owner !== userId) throw new AppError('forbidden', 'That preparation belongs to somebody else.')
    await lockPrinterOf(tx, preparationId)
    const cancelled = await movePreparation(ctx, tx, preparationId, {
      from: livePreparationStates,
      to: 'cancelled',
      set: { error: 'You cancelled it.', leaseUntil: null },
      when: ne(preparations.step, 'payment'),
    })
    if (cancelled) {
      await deleteGcode(ctx, tx, cancelled)
      return cancelled
    }
    const [now = row.preparation] = await tx
      .select()
      .from(preparations)
      .where(eq(preparations.preparationId, preparationId))
    if (now.status === 'cancelled') return now
    const state =
      now.step === 'payment' && now.status === 'in_progress' ? 'sliced and its fee is being paid' : now.status
    throw new AppError('preparation_ended', `Preparation ${preparationId} is ${state}, so it cannot be cancelled.`)
  })
  return toPrepareResponse(ctx, preparation)
}
