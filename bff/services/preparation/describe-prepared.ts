import type { PreparedPurchase } from '../../../schema/http/preparations.ts'
import type { Preparation } from './internal.ts'

/** What a printer shows of a slice in its file list; nothing that opens it. */
export function describePrepared(preparation: Preparation, title: string): PreparedPurchase {
  const { preparationId, purchaseId, totals, summary, thumbnail, thumbnailSmall } = preparation
  if (!totals || !summary) throw new Error(`preparation ${preparationId} has no slice`)
  return {
    purchase_id: purchaseId,
    preparation_id: preparationId,
    title,
    thumbnail: thumbnail?.toString('base64') ?? null,
    thumbnail_small: thumbnailSmall?.toString('base64') ?? null,
    totals,
    summary,
  }
}
