import { createHash } from 'node:crypto'
import type { Context as HonoContext, MiddlewareHandler } from 'hono'
import { scaled } from '../runtime/time-scale.ts'
import { AppError } from '../schema/http/errors.ts'
import { problemContentType } from '../schema/http/problem.ts'
import type { Context } from './context.ts'
import type { AppEnv } from './env.ts'
import type { KeyName, LeasedRequest } from './leased-request.ts'
import { discardBody, type FormRequest, isForm, readForm, skipFile, toFormRequest } from './multipart.ts'
import {
  beginRequest,
  deleteRequest,
  keyReused,
  leaseMs,
  recordBody,
  releaseRequest,
  renewLease,
  type Stored,
  storeAnswer,
} from './services/idempotency/index.ts'
import { requirePrinter } from './services/printer/index.ts'

export const keyPattern = /^[\x21-\x7e]{1,200}$/

interface Kind {
  /** The body is a form with files, which are hashed while they stream. */
  form?: { file: string; mostFiles?: number; maxFileBytes: number }
  /** The body is either that form or JSON. */
  isFormOrJson?: boolean
  /** The answer contains a secret, so it is not stored: for a repeat, the verb finds its rows and builds the answer again. */
  isSecret?: boolean
}

/** Refusals before any effect, and temporary ones: not stored, so that the request may be sent again with the same key. */
const noAnswer = new Set([400, 401, 408, 413, 415, 429])

/**
 * For POSTs that create: a request with an Idempotency-Key takes effect once per user, path and key, for 24 h. A repeat with the same
 * body gets the stored answer, with another body 422, and 409 while the first is in progress. `operation` in the context
 * identifies the request across crashes: after a crash, a repeat runs under the same operation, so a purchase is paid once.
 * Every answer is stored except those of `noAnswer` and of status 500 and above.
 */
export function idempotent(kind: Kind = {}): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const key = c.req.header('idempotency-key')
    const ctx = c.get('ctx')
    if (key === undefined) return next()
    const userId = await ownerOf(ctx)
    if (userId === null) return next()
    if (!keyPattern.test(key)) {
      throw new AppError('invalid_input', 'Idempotency-Key must have 1 to 200 printable ASCII characters.')
    }
    const name: KeyName = { userId, route: `${c.req.method} ${c.req.path}`, key }
    const request = toFormRequest(c.req)
    const form = kind.isFormOrJson && !isForm(request.contentType) ? undefined : kind.form
    const bodyHash = form ? null : sha256(await c.req.text())
    const begun = await beginRequest(ctx, name, bodyHash).catch((error: unknown) => {
      if (form) discardBody(request)
      throw error
    })
    if ('stored' in begun) {
      if (form) await requireSameForm(request, form, begun.stored)
      return replay(c, begun.stored)
    }
    const { request: leased } = begun
    let isAdmitted = true
    const admit = (hash: string) =>
      recordBody(ctx, leased, hash).catch((error: unknown) => {
        isAdmitted = false
        throw error
      })
    c.set('operation', { id: leased.operation, admit })
    const stop = renewing(ctx, leased)
    ctx.leasedRequests.add(leased)
    try {
      await next()
      stop()
      // This refusal is for another body, so it is not the answer of the first request.
      if (isAdmitted) await end(ctx, leased, c.res, kind)
      else await releaseRequest(ctx, leased)
    } finally {
      stop()
      ctx.leasedRequests.delete(leased)
    }
  }
}

/** The owner of the key: the user, or a printer, whose token is checked for revocation. */
async function ownerOf(ctx: Context): Promise<string | null> {
  if (ctx.actor?.kind === 'user') return ctx.actor.userId
  return ctx.actor?.kind === 'printer' ? (await requirePrinter(ctx)).printerId : null
}

function renewing(ctx: Context, leased: LeasedRequest): () => void {
  const timer = setInterval(() => {
    renewLease(ctx, leased).catch((error: unknown) => ctx.log.warn({ err: error }, 'a request’s lease was not renewed'))
  }, scaled(leaseMs, ctx.settings) / 3)
  return () => clearInterval(timer)
}

async function requireSameForm(request: FormRequest, form: NonNullable<Kind['form']>, stored: Stored): Promise<void> {
  const { fingerprint } = await readForm(request, { ...form, onFile: skipFile })
  if (fingerprint !== stored.bodyHash) throw keyReused()
}

function replay(c: HonoContext<AppEnv>, { status, response }: Stored): Response {
  c.header('idempotency-replayed', 'true')
  if (response === null) return c.body(null, status as 204)
  const contentType = status < 400 ? 'application/json' : problemContentType
  return c.body(JSON.stringify(response), status as 200, { 'content-type': contentType })
}

/** After a 500 the effect is unknown, so a repeat continues the same operation. */
async function end(ctx: Context, leased: LeasedRequest, answer: Response, kind: Kind): Promise<void> {
  const { status } = answer
  if (noAnswer.has(status) && leased.attempt === 1) return deleteRequest(ctx, leased)
  if (kind.isSecret || status >= 500 || noAnswer.has(status)) return releaseRequest(ctx, leased)
  const text = await answer.clone().text()
  await storeAnswer(ctx, leased, { status, response: text === '' ? null : JSON.parse(text) })
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
