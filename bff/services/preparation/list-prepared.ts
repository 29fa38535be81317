import { createHash } from 'node:crypto'
import { and, desc, eq, gt, inArray, sql } from 'drizzle-orm'
import { preparations, printProfiles, publishedModels, purchases } from '../../../schema/db/bff/index.ts'
import type { PageRequest } from '../../../schema/http/page.ts'
import type { PreparedListResponse } from '../../../schema/http/preparations.ts'
import type { Context } from '../../context.ts'
import { cutPage, isAfter } from '../page.ts'
import { requirePrinter } from '../printer/index.ts'
import { describePrepared, preparedColumns } from './describe-prepared.ts'

/** So many purchases of one printer are looked at: a slice lives a day. */
const most = 500

/**
 * For a printer: a page of what is prepared for it and can still be started, of each purchase the newest, newest first. The
 * list carries pictures: who names the tag of the list that it has (`known`, an If-None-Match) gets null while that is still
 * the list, on all of its pages. Errors: printer_revoked.
 */
export async function listPrepared(
  ctx: Context,
  request: PageRequest,
  known = '',
): Promise<{ etag: string; list: PreparedListResponse | null }> {
  const { printerId } = await requirePrinter(ctx)
  const places = await newestOfEach(ctx, printerId, request.cursor)
  const state = places.map(({ id, used, reserved }) => `${id} ${used} ${reserved}`).join()
  const etag = `"${createHash('sha256').update(state).digest('base64url')}"`
  // Also `W/"..."`, as a proxy that compresses writes it.
  if (known.includes(etag)) return { etag, list: null }
  const { page, next_cursor } = cutPage(
    places,
    request,
    place => place,
    // In base64; 2,000 bytes for the words.
    place => Math.ceil((Number(place.pictureBytes) * 4) / 3) + 2000,
  )
  const ids = page.map(place => place.id)
  const rows = await ctx.db
    .select({ preparation: preparations, shown: preparedColumns })
    .from(preparations)
    .innerJoin(purchases, eq(purchases.purchaseId, preparations.purchaseId))
    .innerJoin(publishedModels, eq(publishedModels.modelId, purchases.modelId))
    .innerJoin(printProfiles, eq(printProfiles.printProfileId, preparations.printProfileId))
    .where(inArray(preparations.preparationId, ids))
    .orderBy(desc(preparations.createdAt), desc(preparations.preparationId))
  const prepared = rows.map(({ preparation, shown }) => describePrepared(preparation, shown))
  return { etag, list: { prepared, next_cursor } }
}

async function newestOfEach(ctx: Context, printerId: string, cursor: string | undefined) {
  const newest = ctx.db
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
        eq(preparations.printerId, printerId),
        eq(preparations.status, 'completed'),
        gt(preparations.gcodeTtlExpiry, ctx.clock()),
      ),
    )
    .orderBy(preparations.purchaseId, desc(preparations.createdAt))
    .as('newest')
  return ctx.db
    .select({
      id: newest.preparationId,
      at: newest.createdAt,
      pictureBytes: newest.pictureBytes,
      used: newest.used,
      reserved: newest.reserved,
    })
    .from(newest)
    .where(isAfter(cursor, newest.createdAt, newest.preparationId))
    .orderBy(desc(newest.createdAt), desc(newest.preparationId))
    .limit(most)
}

const { thumbnail, thumbnailSmall } = preparations
const pictureBytes = sql<number>`coalesce(octet_length(${thumbnail}), 0) + coalesce(octet_length(${thumbnailSmall}), 0)`
