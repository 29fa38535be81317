import { and, eq, lt } from 'drizzle-orm'
import { scaled } from '../../../runtime/time-scale.ts'
import { publishedModels } from '../../../schema/db/bff/index.ts'
import type { Context } from '../../context.ts'
import { discardModel } from './discard.ts'

/** Longer than any request that publishes can take. */
const abandonedAfterMs = 3600_000
const most = 100

/** For the tick: discards what a process that died left in the middle of publishing. */
export async function removeAbandonedModels(ctx: Context): Promise<void> {
  const before = new Date(ctx.clock().getTime() - scaled(abandonedAfterMs, ctx.settings))
  const abandoned = await ctx.db
    .select({ modelId: publishedModels.modelId })
    .from(publishedModels)
    .where(and(eq(publishedModels.status, 'inspecting'), lt(publishedModels.createdAt, before)))
    .limit(most)
  for (const { modelId } of abandoned) await discardModel(ctx, modelId)
}
