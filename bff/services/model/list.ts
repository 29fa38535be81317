import { desc, eq } from 'drizzle-orm'
import { publishedModels } from '../../../schema/db/bff.ts'
import type { ModelListQuery, ModelResponse } from '../../../schema/http/models.ts'
import type { Context } from '../../context.ts'
import { selectModels, toModelResponses } from './internal.ts'

/** What is for sale, the newest first; for anyone. */
export async function listModels(ctx: Context, { limit }: ModelListQuery): Promise<ModelResponse[]> {
  const models = await selectModels(ctx.db)
    .where(eq(publishedModels.status, 'published'))
    .orderBy(desc(publishedModels.createdAt))
    .limit(limit)
  return toModelResponses(ctx, models)
}
