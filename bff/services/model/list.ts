import { and, desc, eq, ilike, inArray, sql } from 'drizzle-orm'
import { publishedModels } from '../../../schema/db/bff/index.ts'
import type { ModelListQuery, ModelListResponse } from '../../../schema/http/models.ts'
import type { Context } from '../../context.ts'
import { cutPage, isAfter } from '../page.ts'
import { selectModels, toModelResponses } from './internal.ts'

/**
 * A page of the models for sale, newest first, for anyone. With `search`, only models with that text in the title. Reads only the
 * page's rows in full.
 */
export async function listModels(ctx: Context, request: ModelListQuery): Promise<ModelListResponse> {
  const { modelId, createdAt, status, title, description } = publishedModels
  const isFound = request.search ? ilike(title, `%${request.search.replaceAll(/[%_\\]/g, '\\$&')}%`) : undefined
  const order = [desc(createdAt), desc(modelId)]
  const positions = await ctx.db
    .select({ id: modelId, at: createdAt, bytes: sql<number>`octet_length(${description})` })
    .from(publishedModels)
    .where(and(eq(status, 'published'), isAfter(request.cursor, createdAt, modelId), isFound))
    .orderBy(...order)
    .limit(request.limit + 1)
  const { page, next_cursor } = cutPage(
    positions,
    request,
    position => position,
    position => position.bytes + 2000,
  )
  const ids = page.map(position => position.id)
  const models = await selectModels(ctx.db)
    .where(inArray(modelId, ids))
    .orderBy(...order)
  return { models: await toModelResponses(ctx, models), next_cursor }
}
