import { and, desc, eq, ilike, sql } from 'drizzle-orm'
import { publishedModels } from '../../../schema/db/bff/index.ts'
import type { ModelListQuery, ModelListResponse } from '../../../schema/http/models.ts'
import { buildOnce } from '../../build-once.ts'
import type { Context } from '../../context.ts'
import { cutPage, isAfter, isOneOfIds, startOf, startPlaceholders } from '../page.ts'
import { selectModels, toModelResponses } from './internal.ts'

/**
 * A page of the models for sale, newest first, for anyone. With `search`, only models with that text in the title. Reads only the
 * page's rows in full.
 */
export async function listModels(ctx: Context, request: ModelListQuery): Promise<ModelListResponse> {
  const pattern = request.search ? `%${request.search.replaceAll(/[%_\\]/g, '\\$&')}%` : '%'
  const positions = await positionsQuery(ctx.db).execute({ pattern, ...startOf(request) })
  const { page, next_cursor } = cutPage(
    positions,
    request,
    position => position,
    position => position.bytes + 2000,
  )
  const ids = page.map(position => position.id)
  const models = await modelsQuery(ctx.db).execute({ ids })
  return { models: await toModelResponses(ctx, models), next_cursor }
}

const { modelId, createdAt, status, title, description } = publishedModels
const order = [desc(createdAt), desc(modelId)]

const positionsQuery = buildOnce(db => {
  const isFound = and(eq(status, 'published'), ilike(title, sql.placeholder('pattern')))
  return db
    .select({ id: modelId, at: createdAt, bytes: sql<number>`octet_length(${description})` })
    .from(publishedModels)
    .where(and(isFound, isAfter(startPlaceholders, createdAt, modelId)))
    .orderBy(...order)
    .limit(startPlaceholders.limit)
    .prepare('page_of_models')
})

const modelsQuery = buildOnce(db =>
  selectModels(db)
    .where(isOneOfIds(modelId))
    .orderBy(...order)
    .prepare('models'),
)
