import { and, eq, ne } from 'drizzle-orm'
import { preparations } from '../../../schema/db/bff/index.ts'
import type { PreparationReleaseRequest } from '../../../schema/http/preparations.ts'
import { type Context, requireService } from '../../context.ts'
import { inTransaction } from '../../transaction.ts'
import { copyUri, removeCopy } from '../sliced-cache/index.ts'
import { deleteObject, gcodeUri, movePreparation } from './internal.ts'

/**
 * Ends a slicer's lease after a temporary failure, or because the slicer stops, so that another attempt may start at once.
 * Deletes the object that the attempt may have uploaded; a later result of the attempt is dropped. Repeatable: a lease that is
 * not the current one changes nothing.
 */
export async function releasePreparation(
  ctx: Context,
  preparationId: string,
  { lease_id: leaseId }: PreparationReleaseRequest,
): Promise<void> {
  requireService(ctx, ctx.settings.slicerServiceAccount)
  await inTransaction(ctx, async tx => {
    const released = await movePreparation(ctx, tx, preparationId, {
      from: ['in_progress'],
      to: 'in_progress',
      set: { step: 'queued', progress: 0, leaseId: null, leaseUntil: null },
      when: and(eq(preparations.leaseId, leaseId), ne(preparations.step, 'payment')),
    })
    if (!released) return
    await deleteObject(ctx, tx, gcodeUri(ctx, preparationId, leaseId))
    if (released.sliceKey) await removeCopy(ctx, tx, copyUri(ctx, { preparationId, leaseId }))
  })
}
