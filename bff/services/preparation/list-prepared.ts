import { createHash } from 'node:crypto'
import { and, desc, eq, gt, sql } from 'drizzle-orm'
import { preparations, printProfiles, publishedModels, purchases } from '../../../schema/db/bff/index.ts'
import type { PageRequest } from '../../../schema/http/page.ts'
import type { PreparedListResponse } from '../../../schema/http/preparations.ts'
import { buildOnce } from '../../build-once.ts'
import type { Context } from '../../context.ts'
import { cutPage, isAfter, isOneOfIds, startOf, startPlaceholders } from '../page.ts'
import { requirePrinter } from '../printer/index.ts'
import { describePrepared, preparedColumns } from './describe-prepared.ts'

/** The list is limited to this many purchases. Slices expire within a day, so few printers have more. */
const most = 500

/**
 * A page of the slices that the calling printer can still start: the newest of each purchase, newest first. The list is large
 * because of its pictures, so it has an ETag, the same on all pages. When `known` (an If-None-Match) contains the current
 * ETag, `list` is null. Errors: printer_revoked.
 */
export async function listPrepared(
  ctx: Context,
  request: PageRequest,
  known = '',
): Promise<{ etag: string; list: PreparedListResponse | null }> {
  const { printerId } = await requirePrinter(ctx)
  const start = { ...startOf(request), limit: most }
  const positions = await newestQuery(ctx.db).execute({ printerId, now: ctx.clock().toISOString(), ...start })
  const state = positions.map(({ id, used, reserved }) => `${id} ${used} ${reserved}`).join()
  const etag = `"${createHash('sha256').update(state).digest('base64url')}"`
  // Also matches `W/"..."`, the form that a compressing proxy makes of it.
  if (known.includes(etag)) return { etag, list: null }
  const { page, next_cursor } = cutPage(
    positions,
    request,
    position => position,
    // The pictures in base64, and 2,000 bytes for the text.
    position => Math.ceil((Number(position.pictureBytes) * 4) / 3) + 2000,
  )
  const ids = page.map(position => position.id)
  const rows = await preparedQuery(ctx.db).execute({ ids })
  const prepared = rows.map(({ preparation, shown }) => describePrepared(preparation, shown))
  return { etag, list: { prepared, next_cursor } }
}

const preparedQuery = buildOnce(db =>
  db
    .select({ preparation: preparations, shown: preparedColumns })
    .from(preparations)
    .innerJoin(purchases, eq(purchases.purchaseId, preparations.purchaseId))
    .innerJoin(publishedModels, eq(publishedModels.modelId, purchases.modelId))
    .innerJoin(printProfiles, eq(printProfiles.printProfileId, preparations.printProfileId))
    .where(isOneOfIds(preparations.preparationId))
    .orderBy(desc(preparations.createdAt), desc(preparations.preparationId))
    .prepare('prepared'),
)

/** The newest slice of each purchase. */
const newestQuery = buildOnce(db => {
  const newest = db
    .selectDistinctOn([preparations.purchaseId], {
      preparationId: preparations.preparationId,
      createdAt: preparations.createdAt,
      pictureBytes: pictureBytes.as('picture_bytes'),
      used: purchases.printsUsed,
      reserved: purchases.printsReserved,
    })
    .from(preparations)
    .innerJoin(purchases, and(eq(purchases.purchaseId, preparations.purchaseId), eq(purchases.status, 'active')))
    .where(
      and(
        eq(preparations.printerId, sql.placeholder('printerId')),
        eq(preparations.status, 'completed'),
        gt(preparations.gcodeTtlExpiry, sql.placeholder('now')),
      ),
    )
    .orderBy(preparations.purchaseId, desc(preparations.createdAt))
    .as('newest')
  return db
    .select({
      id: newest.preparationId,
      at: newest.createdAt,
      pictureBytes: newest.pictureBytes,
      used: newest.used,
      reserved: newest.reserved,
    })
    .from(newest)
    .where(isAfter(startPlaceholders, newest.createdAt, newest.preparationId))
    .orderBy(desc(newest.createdAt), desc(newest.preparationId))
    .limit(startPlaceholders.limit)
    .prepare('page_of_prepared')
})

const { thumbnail, thumbnailSmall } = preparations
const pictureBytes = sql<number>`coalesce(octet_length(${thumbnail}), 0) + coalesce(octet_length(${thumbnailSmall}), 0)`
