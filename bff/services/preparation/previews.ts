import { and, asc, eq } from 'drizzle-orm'
import { preparationPreviews, preparations } from '../../../schema/db/bff/index.ts'
import { AppError } from '../../../schema/http/errors.ts'
import type { PrepareStatusResponse } from '../../../schema/http/preparations.ts'
import type { SliceDetails } from '../../../schema/http/slice.ts'
import { type Context, type Queryable, requireUser } from '../../context.ts'
import { purchaseOfUser } from '../purchase/index.ts'

/** Keeps the pictures of a slice's layers until the preparation ends. */
export async function storePreviews(
  tx: Queryable,
  preparationId: string,
  previews: SliceDetails['previews'],
): Promise<void> {
  if (previews.length === 0) return
  const rows = previews.map(({ layer, z_mm, png }, n) => {
    return { preparationId, n, layer, zMm: z_mm, png: Buffer.from(png, 'base64') }
  })
  await tx.insert(preparationPreviews).values(rows)
}

/** The layers with a picture, and the pictures' addresses. */
export async function listPreviews(ctx: Context, preparationId: string): Promise<PrepareStatusResponse['previews']> {
  const { n, layer, zMm } = preparationPreviews
  const found = await ctx.db
    .select({ n, layer, zMm })
    .from(preparationPreviews)
    .where(eq(preparationPreviews.preparationId, preparationId))
    .orderBy(asc(n))
  const folder = `${ctx.settings.marketplaceUrl}/api/preparations/${preparationId}/previews`
  return found.map(({ n, layer, zMm }) => ({ layer, z_mm: Number(zMm.toFixed(3)), url: `${folder}/${n}` }))
}

/** The picture of a layer, a PNG, for the purchase's owner. Errors: not_found, forbidden. */
export async function getPreview(ctx: Context, preparationId: string, n: number): Promise<Buffer> {
  const { userId } = requireUser(ctx)
  const [preparation] = await ctx.db
    .select({ purchaseId: preparations.purchaseId })
    .from(preparations)
    .where(eq(preparations.preparationId, preparationId))
  if (!preparation) throw new AppError('not_found', `There is no preparation ${preparationId}.`)
  await purchaseOfUser(ctx.db, preparation.purchaseId, userId)
  const [picture] = await ctx.db
    .select({ png: preparationPreviews.png })
    .from(preparationPreviews)
    .where(and(eq(preparationPreviews.preparationId, preparationId), eq(preparationPreviews.n, n)))
  if (!picture) throw new AppError('not_found', `Preparation ${preparationId} has no picture ${n}.`)
  return picture.png
}
