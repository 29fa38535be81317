import { createHash } from 'node:crypto'
import { and, desc, eq, gt, inArray } from 'drizzle-orm'
import { preparations, publishedModels, purchases } from '../../../schema/db/bff.ts'
import type { PreparedPurchase } from '../../../schema/http/preparations.ts'
import type { Context } from '../../context.ts'
import { requirePrinter } from '../printer/internal.ts'
import { describePrepared } from './describe-prepared.ts'

/** With the largest pictures that a slicer may send, so many still fit into what Cloud Run lets an answer have (32 MiB). */
const most = 50

/**
 * For a printer: what is prepared for it and can still be started, of each purchase the newest, newest first. The list carries
 * pictures: who names the tag of the list that it has (`known`, an If-None-Match) gets null while that is still the list.
 * Errors: printer_revoked.
 */
export async function listPrepared(
  ctx: Context,
  known = '',
): Promise<{ etag: string; prepared: PreparedPurchase[] | null }> {
  const { printerId } = await requirePrinter(ctx)
  const ids = await newestOfEach(ctx, printerId)
  const etag = `"${createHash('sha256').update(ids.join()).digest('base64url')}"`
  // Also `W/"..."`, as a proxy that compresses writes it.
  if (known.includes(etag)) return { etag, prepared: null }
  const rows = await ctx.db
    .select({ preparation: preparations, title: publishedModels.title })
    .from(preparations)
    .innerJoin(purchases, eq(purchases.purchaseId, preparations.purchaseId))
    .innerJoin(publishedModels, eq(publishedModels.modelId, purchases.modelId))
    .where(inArray(preparations.preparationId, ids))
    .orderBy(desc(preparations.createdAt), desc(preparations.preparationId))
  return { etag, prepared: rows.map(({ preparation, title }) => describePrepared(preparation, title)) }
}

async function newestOfEach(ctx: Context, printerId: string): Promise<string[]> {
  const newest = ctx.db
    .selectDistinctOn([preparations.purchaseId], {
      preparationId: preparations.preparationId,
      createdAt: preparations.createdAt,
    })
    .from(preparations)
    .innerJoin(purchases, and(eq(purchases.purchaseId, preparations.purchaseId), eq(purchases.status, 'active')))
    .where(
      and(
        eq(preparations.printerId, printerId),
        eq(preparations.status, 'completed'),
        gt(preparations.gcodeTtlExpiry, ctx.clock()),
      ),
    )
    .orderBy(preparations.purchaseId, desc(preparations.createdAt))
    .as('newest')
  const rows = await ctx.db
    .select({ id: newest.preparationId })
    .from(newest)
    .orderBy(desc(newest.createdAt), desc(newest.preparationId))
    .limit(most)
  return rows.map(row => row.id)
}
