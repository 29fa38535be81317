import { and, eq, isNull, lte, or, sql } from 'drizzle-orm'
import { scaled } from '../../../runtime/time-scale.ts'
import { idempotencyKeys } from '../../../schema/db/bff/index.ts'
import { AppError } from '../../../schema/http/errors.ts'
import type { Context } from '../../context.ts'
import type { KeyName, LeasedRequest } from '../../leased-request.ts'

/** How long an answer is kept. */
const keepMs = 24 * 3600_000
/** How long a request may give no sign of life before its process counts as dead. */
export const leaseMs = 30_000

export interface Stored {
  status: number
  response: unknown
  bodyHash: string | null
}

type Row = typeof idempotencyKeys.$inferSelect

/**
 * Takes the request: the first time, or when whoever was at it gives no sign of life, or left it without an answer. Else gives
 * the stored answer. `bodyHash` is null for a form that has not been read yet: see `recordBody`.
 * Errors: idempotency_key_reused, request_in_progress.
 */
export async function beginRequest(
  ctx: Context,
  name: KeyName,
  bodyHash: string | null,
): Promise<{ request: LeasedRequest } | { stored: Stored }> {
  const now = ctx.clock()
  const isWaiting = and(isKey(name), isNull(idempotencyKeys.status), lte(idempotencyKeys.leaseUntil, now))
  const times = { leaseUntil: leaseEnd(ctx), expiresAt: new Date(now.getTime() + scaled(keepMs, ctx.settings)) }
  await ctx.db.delete(idempotencyKeys).where(and(isKey(name), isExpired(now)))
  const operation = ctx.random(24).toString('base64url')
  const [fresh] = await ctx.db
    .insert(idempotencyKeys)
    .values({ ...name, bodyHash, operation, attempt: 1, ...times })
    .onConflictDoNothing()
    .returning()
  if (fresh) return { request: fresh }
  const isSameBody =
    bodyHash === null ? undefined : or(isNull(idempotencyKeys.bodyHash), eq(idempotencyKeys.bodyHash, bodyHash))
  const [taken] = await ctx.db
    .update(idempotencyKeys)
    .set({ ...times, attempt: sql`${idempotencyKeys.attempt} + 1` })
    .where(and(isWaiting, isSameBody))
    .returning()
  if (taken) return { request: taken }
  const [row] = await ctx.db.select().from(idempotencyKeys).where(isKey(name))
  if (row && bodyHash !== null && row.bodyHash !== bodyHash) throw keyReused()
  if (!row?.status) throw requestInProgress()
  return { stored: { status: row.status, response: row.response, bodyHash: row.bodyHash } }
}

/**
 * Notes what the body was, before anything comes of it. Errors: idempotency_key_reused, or request_in_progress when somebody
 * else has taken the request over meanwhile.
 */
export async function recordBody(ctx: Context, request: LeasedRequest, bodyHash: string): Promise<void> {
  const isNewOrSame = or(isNull(idempotencyKeys.bodyHash), eq(idempotencyKeys.bodyHash, bodyHash))
  const [row] = await ctx.db
    .update(idempotencyKeys)
    .set({ bodyHash })
    .where(and(isLeasedBy(request), isNewOrSame))
    .returning()
  if (row) return
  const [other] = await ctx.db.select().from(idempotencyKeys).where(isLeasedBy(request))
  throw other ? keyReused() : requestInProgress()
}

/** The sign of life. */
export async function renewLease(ctx: Context, request: LeasedRequest): Promise<void> {
  await ctx.db
    .update(idempotencyKeys)
    .set({ leaseUntil: leaseEnd(ctx) })
    .where(isLeasedBy(request))
}

/** Keeps the answer, for whoever asks again. */
export async function storeAnswer(
  ctx: Context,
  request: LeasedRequest,
  answer: Pick<Row, 'status' | 'response'>,
): Promise<void> {
  await ctx.db.update(idempotencyKeys).set(answer).where(isLeasedBy(request))
}

/** Leaves it to whoever asks again, who does it under the same operation. */
export async function releaseRequest(ctx: Pick<Context, 'db' | 'clock'>, request: LeasedRequest): Promise<void> {
  await ctx.db.update(idempotencyKeys).set({ leaseUntil: ctx.clock() }).where(isLeasedBy(request))
}

/** For a process that ends: the keys of what it was at are not busy for the rest of their leases. */
export async function releaseRequests(ctx: Pick<Context, 'db' | 'clock' | 'log' | 'leasedRequests'>): Promise<void> {
  const leaving = [...ctx.leasedRequests].map(request =>
    releaseRequest(ctx, request).catch((error: unknown) =>
      ctx.log.warn({ err: error }, 'a request’s lease was not given back'),
    ),
  )
  await Promise.all(leaving)
}

/** Forgets a request that was refused before anything was done: its key is free, for another body, too. */
export async function deleteRequest(ctx: Context, request: LeasedRequest): Promise<void> {
  await ctx.db.delete(idempotencyKeys).where(isLeasedBy(request))
}

function leaseEnd(ctx: Context): Date {
  return new Date(ctx.clock().getTime() + scaled(leaseMs, ctx.settings))
}

export const keyReused = () =>
  new AppError('idempotency_key_reused', 'This Idempotency-Key came with another body: use a new one.')
const requestInProgress = () =>
  new AppError('request_in_progress', 'The same request is being done: ask again in a moment.')

function isKey({ userId, route, key }: KeyName) {
  return and(eq(idempotencyKeys.userId, userId), eq(idempotencyKeys.route, route), eq(idempotencyKeys.key, key))
}

function isLeasedBy(request: LeasedRequest) {
  return and(isKey(request), eq(idempotencyKeys.attempt, request.attempt), isNull(idempotencyKeys.status))
}

/** Older than 24 h, and nobody is at it: the key is free again. */
export function isExpired(now: Date) {
  return and(lte(idempotencyKeys.expiresAt, now), lte(idempotencyKeys.leaseUntil, now))
}
