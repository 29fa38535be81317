import { asc, eq, isNotNull } from 'drizzle-orm'
import { modelLicenses, modelNftSettings, publishedModels } from '../../../schema/db/bff/index.ts'
import { type ModelResponse, modelView } from '../../../schema/http/models.ts'
import { toAmount } from '../../../schema/http/money.ts'
import { buildOnce } from '../../build-once.ts'
import type { Context, Queryable } from '../../context.ts'
import { isOneOfIds } from '../page.ts'

/** Where the picture from each side is. */
export const pictures = {
  isometric: publishedModels.thumbnail,
  front: publishedModels.thumbnailFront,
  side: publishedModels.thumbnailSide,
  top: publishedModels.thumbnailTop,
}

/** Everything of a model but its pictures, which are asked for by themselves. */
const columns = {
  modelId: publishedModels.modelId,
  designerId: publishedModels.designerId,
  title: publishedModels.title,
  description: publishedModels.description,
  triangles: publishedModels.triangles,
  sizeX: publishedModels.sizeX,
  sizeY: publishedModels.sizeY,
  sizeZ: publishedModels.sizeZ,
  warnings: publishedModels.warnings,
  units: publishedModels.units,
  scaleMin: publishedModels.scaleMin,
  scaleMax: publishedModels.scaleMax,
  hasAllViews: isNotNull(publishedModels.thumbnailTop).mapWith(Boolean),
  createdAt: publishedModels.createdAt,
  nftId: modelNftSettings.nftId,
}

type License = typeof modelLicenses.$inferSelect

export function selectModels(tx: Queryable) {
  return tx
    .select(columns)
    .from(publishedModels)
    .leftJoin(modelNftSettings, eq(modelNftSettings.modelId, publishedModels.modelId))
}

export type Model = Awaited<ReturnType<typeof selectModels>>[number]

/** Adds to each model what it is sold for. */
export async function toModelResponses(ctx: Context, models: Model[]): Promise<ModelResponse[]> {
  if (models.length === 0) return []
  const ids = models.map(model => model.modelId)
  const licenses = await licensesQuery(ctx.db).execute({ ids })
  return models.map(model => describeModel(ctx, model, licenses))
}

const licensesQuery = buildOnce(db =>
  db
    .select()
    .from(modelLicenses)
    .where(isOneOfIds(modelLicenses.modelId))
    .orderBy(asc(modelLicenses.licenseType))
    .prepare('licenses'),
)

function describeModel(ctx: Context, model: Model, licenses: License[]): ModelResponse {
  const thumbnail = `${ctx.settings.marketplaceUrl}/api/models/${model.modelId}/thumbnail`
  const views = model.hasAllViews ? modelView.options : [modelView.enum.isometric]
  return {
    model_id: model.modelId,
    title: model.title,
    description: model.description,
    designer_id: model.designerId,
    nft_id: model.nftId,
    licenses: licenses
      .filter(one => one.modelId === model.modelId)
      .map(one => ({
        license_type: one.licenseType,
        price_hbar: one.priceHbar === null ? null : toAmount(one.priceHbar, 'hbar'),
        price_print: one.pricePrint === null ? null : toAmount(one.pricePrint, 'print'),
        prints_allowed: one.printsAllowed,
      })),
    dimensions_mm: { x: model.sizeX ?? 0, y: model.sizeY ?? 0, z: model.sizeZ ?? 0 },
    triangles: model.triangles ?? 0,
    warnings: model.warnings ?? [],
    units: model.units,
    allow_scaling: model.scaleMin !== null,
    scale_min_percent: model.scaleMin,
    scale_max_percent: model.scaleMax,
    thumbnail_url: thumbnail,
    thumbnails: views.map(view => ({ view, url: `${thumbnail}?view=${view}` })),
    created_at: model.createdAt.toISOString(),
  }
}
