import { createHash } from 'node:crypto'
import { and, eq, isNull, lt, sql } from 'drizzle-orm'
import type { Context as HonoContext, MiddlewareHandler } from 'hono'
import { z } from 'zod'
import { idempotencyKeys } from '../schema/db/bff.ts'
import { AppError } from '../schema/http/errors.ts'
import { problemContentType } from '../schema/http/problem.ts'
import type { Context } from './context.ts'
import type { AppEnv } from './env.ts'

/** How long an answer is kept. */
const keepMs = 24 * 3600_000
/** How long a request may be at it before its process counts as dead: longer than publishing the largest model takes. */
const inFlightMs = 10 * 60_000
const keyPattern = /^[\x21-\x7e]{1,200}$/

/** What an unfinished request has in place of its answer. */
const inFlight = z.object({ operation: z.string(), lease_until: z.string() })

interface Row {
  userId: string
  route: string
  key: string
}

/**
 * For POSTs that create: a request with an Idempotency-Key is done once a user, path and key, for 24 h. The same body again
 * gets the stored answer, another body 422, a twin in flight 409. `operation` in the context names the request through
 * crashes: one whose process died is done again under the same name, so that a purchase knows itself and is paid once.
 * A multipart body is compared by its length alone, since it streams past.
 */
export const idempotent: MiddlewareHandler<AppEnv> = async (c, next) => {
  const key = c.req.header('idempotency-key')
  const { actor } = c.get('ctx')
  if (key === undefined || (actor?.kind !== 'user' && actor?.kind !== 'printer')) return next()
  if (!keyPattern.test(key)) {
    throw new AppError('invalid_input', 'An Idempotency-Key has 1 to 200 printable characters.')
  }
  const ctx = c.get('ctx')
  const row: Row = { userId: actor.userId, route: `${c.req.method} ${c.req.path}`, key }
  const bodyHash = await hashOf(c)
  const operation = await begin(ctx, row, bodyHash)
  if (operation === null) return replay(ctx, c, row, bodyHash)
  c.set('operation', operation)
  await next()
  await end(ctx, row, c.res)
}

/** Forgets what is older than 24 h: for the tick. */
export async function forgetIdempotencyKeys(ctx: Pick<Context, 'db' | 'clock'>): Promise<void> {
  await ctx.db.delete(idempotencyKeys).where(lt(idempotencyKeys.expiresAt, ctx.clock()))
}

/** The operation's name when the request is ours to do; null when it was done, or is being done. */
async function begin(ctx: Context, row: Row, bodyHash: string): Promise<string | null> {
  const now = ctx.clock()
  const lease_until = new Date(now.getTime() + inFlightMs).toISOString()
  const operation = ctx.random(24).toString('base64url')
  await ctx.db.delete(idempotencyKeys).where(and(isRow(row), lt(idempotencyKeys.expiresAt, now)))
  const fresh = await ctx.db
    .insert(idempotencyKeys)
    .values({
      ...row,
      bodyHash,
      response: { operation, lease_until },
      expiresAt: new Date(now.getTime() + keepMs),
    })
    .onConflictDoNothing()
    .returning()
  if (fresh.length > 0) return operation
  const [left] = await ctx.db
    .update(idempotencyKeys)
    .set({ response: sql`${idempotencyKeys.response} || ${JSON.stringify({ lease_until })}::jsonb` })
    .where(
      and(
        isRow(row),
        isNull(idempotencyKeys.status),
        eq(idempotencyKeys.bodyHash, bodyHash),
        sql`(${idempotencyKeys.response} ->> 'lease_until')::timestamptz <= ${now.toISOString()}::timestamptz`,
      ),
    )
    .returning()
  return left ? inFlight.parse(left.response).operation : null
}

async function replay(ctx: Context, c: HonoContext<AppEnv>, row: Row, bodyHash: string): Promise<Response> {
  const [stored] = await ctx.db.select().from(idempotencyKeys).where(isRow(row))
  if (stored && stored.bodyHash !== bodyHash) {
    throw new AppError('idempotency_key_reused', 'This Idempotency-Key came with another body: use a new one.')
  }
  if (!stored?.status) {
    throw new AppError('request_in_progress', 'The same request is being done: ask again in a moment.')
  }
  c.header('idempotency-replayed', 'true')
  if (stored.response === null) return c.body(null, stored.status as 204)
  const contentType = stored.status < 400 ? 'application/json' : problemContentType
  return c.body(JSON.stringify(stored.response), stored.status as 200, { 'content-type': contentType })
}

/**
 * Keeps the answer, unless the request may come again: `unavailable` and its kind did nothing, so that the key is free;
 * after an `internal` nobody knows what was done, so that the operation keeps its name for the next attempt.
 */
async function end(ctx: Context, row: Row, response: Response): Promise<void> {
  const { status } = response
  if (status === 503 || status === 401 || status === 429) {
    await ctx.db.delete(idempotencyKeys).where(isRow(row))
  } else if (status >= 500) {
    const lease_until = ctx.clock().toISOString()
    await ctx.db
      .update(idempotencyKeys)
      .set({ response: sql`${idempotencyKeys.response} || ${JSON.stringify({ lease_until })}::jsonb` })
      .where(isRow(row))
  } else {
    const text = await response.clone().text()
    await ctx.db
      .update(idempotencyKeys)
      .set({ status, response: text === '' ? null : JSON.parse(text) })
      .where(isRow(row))
  }
}

async function hashOf(c: HonoContext<AppEnv>): Promise<string> {
  if (c.req.header('content-type')?.startsWith('multipart/')) return `multipart ${c.req.header('content-length')}`
  return createHash('sha256')
    .update(await c.req.text())
    .digest('hex')
}

function isRow({ userId, route, key }: Row) {
  return and(eq(idempotencyKeys.userId, userId), eq(idempotencyKeys.route, route), eq(idempotencyKeys.key, key))
}
