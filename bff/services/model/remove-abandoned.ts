import { and, eq, lt } from 'drizzle-orm'
import { scaled } from '../../../runtime/time-scale.ts'
import { publishedModels } from '../../../schema/db/bff/index.ts'
import type { Context } from '../../context.ts'
import { discardModel } from './discard.ts'

/** Longer than any publishing request. */
const abandonedAfterMs = 3600_000
const most = 100

/** For the tick: discards models whose process died while publishing them. */
export async function removeAbandonedModels(ctx: Context): Promise<void> {
  const before = new Date(ctx.clock().getTime() - scaled(abandonedAfterMs, ctx.settings))
  const abandoned = await ctx.db
    .select({ modelId: publishedModels.modelId })
    .from(publishedModels)
    .where(and(eq(publishedModels.status, 'inspecting'), lt(publishedModels.createdAt, before)))
    .limit(most)
  for (const { modelId } of abandoned) await discardModel(ctx, modelId)
}
