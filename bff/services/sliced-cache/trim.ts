import { and, eq, gt, inArray, lte, notExists, or, sql } from 'drizzle-orm'
import { publishedModels, slicedCache } from '../../../schema/db/bff/index.ts'
import type { Context } from '../../context.ts'
import { inTransaction } from '../../transaction.ts'
import { removeCopy } from './store.ts'

const batch = 500

/**
 * For the tick: removes slices that have expired, slices of models that are no longer published and, above the limit of bytes,
 * the slices that were unused for longest. A preparation that is reading one at that moment slices instead.
 */
export async function trimSlices(ctx: Context): Promise<void> {
  const newestFirst = ctx.db
    .select({
      key: slicedCache.sliceKey,
      bytes:
        sql<number>`sum(${slicedCache.size}) OVER (ORDER BY ${slicedCache.usedAt} DESC, ${slicedCache.sliceKey})`.as(
          'bytes',
        ),
    })
    .from(slicedCache)
    .as('newest_first')
  const tooMany = ctx.db
    .select({ key: newestFirst.key })
    .from(newestFirst)
    .where(gt(newestFirst.bytes, ctx.settings.sliceCacheBytes))
  const model = ctx.db
    .select({ one: sql`1` })
    .from(publishedModels)
    .where(and(eq(publishedModels.modelId, slicedCache.modelId), eq(publishedModels.status, 'published')))
  const over = await ctx.db
    .select({ key: slicedCache.sliceKey, uri: slicedCache.gcsUri })
    .from(slicedCache)
    .where(or(lte(slicedCache.expiresAt, ctx.clock()), notExists(model), inArray(slicedCache.sliceKey, tooMany)))
    .limit(batch)
  if (over.length === 0) return
  const uris = over.map(({ uri }) => uri)
  await inTransaction(ctx, async tx => {
    // By its address, so that a slice that was replaced meanwhile stays.
    const removed = await tx.delete(slicedCache).where(inArray(slicedCache.gcsUri, uris)).returning()
    for (const { gcsUri } of removed) await removeCopy(ctx, tx, gcsUri)
  })
}
