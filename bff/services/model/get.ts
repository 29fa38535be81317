import { and, eq } from 'drizzle-orm'
import { publishedModels } from '../../../schema/db/bff/index.ts'
import { AppError } from '../../../schema/http/errors.ts'
import type { ModelResponse, ModelView } from '../../../schema/http/models.ts'
import type { Context } from '../../context.ts'
import { pictures, selectModels, toModelResponses } from './internal.ts'

/** A published model, for anyone. Errors: not_found. */
export async function getModel(ctx: Context, modelId: string): Promise<ModelResponse> {
  const rows = await selectModels(ctx.db).where(isPublished(modelId))
  const [model] = await toModelResponses(ctx, rows)
  if (!model) throw new AppError('not_found', `There is no model ${modelId}.`)
  return model
}

/** A model's picture from one side, a PNG, for anyone. Errors: not_found. */
export async function getThumbnail(ctx: Context, modelId: string, view: ModelView): Promise<Buffer> {
  const [model] = await ctx.db.select({ thumbnail: pictures[view] }).from(publishedModels).where(isPublished(modelId))
  if (!model) throw new AppError('not_found', `There is no model ${modelId}.`)
  if (!model.thumbnail) throw new AppError('not_found', `Model ${modelId} has no picture from this side.`)
  return model.thumbnail
}

function isPublished(modelId: string) {
  return and(eq(publishedModels.modelId, modelId), eq(publishedModels.status, 'published'))
}
