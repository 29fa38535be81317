import { printProfiles, publishedModels, purchases } from '../../../schema/db/bff/index.ts'
import type { PreparedPurchase } from '../../../schema/http/preparations.ts'
import type { Preparation } from './internal.ts'

/** Beside the preparation, what `describePrepared` needs of its purchase: columns to select, with these tables joined. */
export const preparedColumns = {
  title: publishedModels.title,
  profileName: printProfiles.name,
  allowed: purchases.printsAllowed,
  used: purchases.printsUsed,
  reserved: purchases.printsReserved,
}

interface Details {
  title: string
  profileName: string
  allowed: number
  used: number
  reserved: number
}

/** What a printer shows of a slice in its file list and before it prints; nothing that opens it. */
export function describePrepared(preparation: Preparation, shown: Details): PreparedPurchase {
  const { preparationId, purchaseId, totals, summary, thumbnail, thumbnailSmall } = preparation
  if (!totals || !summary) throw new Error(`preparation ${preparationId} has no slice`)
  return {
    purchase_id: purchaseId,
    preparation_id: preparationId,
    title: shown.title,
    thumbnail: thumbnail?.toString('base64') ?? null,
    thumbnail_small: thumbnailSmall?.toString('base64') ?? null,
    totals,
    summary,
    profile_name: shown.profileName,
    prints_remaining: shown.allowed - shown.used - shown.reserved,
  }
}
