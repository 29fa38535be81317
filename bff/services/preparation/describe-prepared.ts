import { printProfiles, publishedModels, purchases } from '../../../schema/db/bff/index.ts'
import type { PreparedPurchase } from '../../../schema/http/preparations.ts'
import type { Preparation } from './internal.ts'

/** The columns that `describePrepared` needs beside the preparation's own; the query must join their tables. */
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

/** The facts that a printer shows of a slice in its file list and before it prints. Contains no key. */
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
