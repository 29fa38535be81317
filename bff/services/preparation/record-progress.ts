import { and, eq, ne } from 'drizzle-orm'
import { preparations } from '../../../schema/db/bff/index.ts'
import type { PreparationProgressRequest } from '../../../schema/http/preparations.ts'
import { type Context, requireService } from '../../context.ts'
import { movePreparation } from './internal.ts'
import { leaseEnd } from './start.ts'

/** Records the slicer's progress and renews its lease. Answers `cancelled` when the lease is lost: the slicer should stop. */
export async function recordPreparationProgress(
  ctx: Context,
  preparationId: string,
  input: PreparationProgressRequest,
): Promise<{ cancelled: boolean }> {
  requireService(ctx, ctx.settings.slicerServiceAccount)
  const renewed = await movePreparation(ctx, ctx.db, preparationId, {
    from: ['in_progress'],
    to: 'in_progress',
    set: { step: input.step, progress: input.progress, leaseUntil: leaseEnd(ctx) },
    when: and(eq(preparations.leaseId, input.lease_id), ne(preparations.step, 'payment')),
  })
  return { cancelled: renewed === null }
}
