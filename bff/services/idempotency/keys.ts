import { and, eq, isNull, lte, or, sql } from 'drizzle-orm'
import { scaled } from '../../../runtime/time-scale.ts'
import { idempotencyKeys } from '../../../schema/db/bff/index.ts'
import { AppError } from '../../../schema/http/errors.ts'
import type { Context } from '../../context.ts'
import type { KeyName, LeasedRequest } from '../../leased-request.ts'

/** How long an answer is kept. */
const keepMs = 24 * 3600_000
/** A request whose lease was not renewed for this long is taken over by the next one with its key. */
export const leaseMs = 30_000

export interface Stored {
  status: number
  response: unknown
  bodyHash: string | null
}

type Row = typeof idempotencyKeys.$inferSelect

/**
 * Leases the request: the first time, or when the earlier process died or released it without an answer. Otherwise returns
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
 * Stores the hash of the body before the request has any effect. Errors: idempotency_key_reused, or request_in_progress when
 * another process has taken over the request.
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

/** Renews the lease of a running request. */
export async function renewLease(ctx: Context, request: LeasedRequest): Promise<void> {
  await ctx.db
    .update(idempotencyKeys)
    .set({ leaseUntil: leaseEnd(ctx) })
    .where(isLeasedBy(request))
}

/** Stores the answer, for repeats of the request. */
export async function storeAnswer(
  ctx: Context,
  request: LeasedRequest,
  answer: Pick<Row, 'status' | 'response'>,
): Promise<void> {
  await ctx.db.update(idempotencyKeys).set(answer).where(isLeasedBy(request))
}

/** Ends the lease at once: a repeat of the request runs it again under the same operation. */
export async function releaseRequest(ctx: Pick<Context, 'db' | 'clock'>, request: LeasedRequest): Promise<void> {
  await ctx.db.update(idempotencyKeys).set({ leaseUntil: ctx.clock() }).where(isLeasedBy(request))
}

/** For shutdown: ends the leases of the running requests, so that repeats need not wait for them to end. */
export async function releaseRequests(ctx: Pick<Context, 'db' | 'clock' | 'log' | 'leasedRequests'>): Promise<void> {
  const leaving = [...ctx.leasedRequests].map(request =>
    releaseRequest(ctx, request).catch((error: unknown) =>
      ctx.log.warn({ err: error }, 'a request’s lease was not given back'),
    ),
  )
  await Promise.all(leaving)
}

/** Deletes a request that was refused before it had any effect: its key may be used again, also with another body. */
export async function deleteRequest(ctx: Context, request: LeasedRequest): Promise<void> {
  await ctx.db.delete(idempotencyKeys).where(isLeasedBy(request))
}

function leaseEnd(ctx: Context): Date {
  return new Date(ctx.clock().getTime() + scaled(leaseMs, ctx.settings))
}

export const keyReused = () =>
  new AppError('idempotency_key_reused', 'This Idempotency-Key was used with another body. Use a new key.')
const requestInProgress = () =>
  new AppError('request_in_progress', 'The same request is still in progress. Try again in a moment.')

function isKey({ userId, route, key }: KeyName) {
  return and(eq(idempotencyKeys.userId, userId), eq(idempotencyKeys.route, route), eq(idempotencyKeys.key, key))
}

function isLeasedBy(request: LeasedRequest) {
  return and(isKey(request), eq(idempotencyKeys.attempt, request.attempt), isNull(idempotencyKeys.status))
}

/** Older than 24 h and not leased: the key is free again. */
export function isExpired(now: Date) {
  return and(lte(idempotencyKeys.expiresAt, now), lte(idempotencyKeys.leaseUntil, now))
}
