import { createHash } from 'node:crypto'
import type { Context as HonoContext, MiddlewareHandler } from 'hono'
import { scaled } from '../runtime/time-scale.ts'
import { AppError } from '../schema/http/errors.ts'
import { problemContentType } from '../schema/http/problem.ts'
import type { Context } from './context.ts'
import type { AppEnv } from './env.ts'
import type { KeyName, LeasedRequest } from './leased-request.ts'
import { discardBody, type FormRequest, readForm, skipFile, toFormRequest } from './multipart.ts'
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
  /** The body is a form with one large file, which is compared by what is in it while it streams past. */
  form?: { file: string; maxFileBytes: number }
  /** The answer holds a secret: it is not stored, but made again by the verb, which finds what the operation made. */
  isSecret?: boolean
}

/** Refused before anything was done, or for now: the key says nothing about another attempt. */
const noAnswer = new Set([400, 401, 408, 413, 415, 429])

/**
 * For POSTs that create: a request with an Idempotency-Key is done once a user, path and key, for 24 h. The same body again
 * gets the stored answer, another body 422, a twin in flight 409. `operation` in the context names the request through
 * crashes: one whose process died is done again under the same name, so that a purchase knows itself and is paid once.
 * What is stored: every answer but those of `noAnswer` and of 500 and above.
 */
export function idempotent(kind: Kind = {}): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const key = c.req.header('idempotency-key')
    const ctx = c.get('ctx')
    if (key === undefined) return next()
    const userId = await ownerOf(ctx)
    if (userId === null) return next()
    if (!keyPattern.test(key)) {
      throw new AppError('invalid_input', 'An Idempotency-Key has 1 to 200 printable characters.')
    }
    const name: KeyName = { userId, route: `${c.req.method} ${c.req.path}`, key }
    const request = toFormRequest(c.req)
    const bodyHash = kind.form ? null : sha256(await c.req.text())
    const begun = await beginRequest(ctx, name, bodyHash).catch((error: unknown) => {
      if (kind.form) discardBody(request)
      throw error
    })
    if ('stored' in begun) {
      if (kind.form) await requireSameForm(request, kind.form, begun.stored)
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
      // Another body's refusal is no answer to the first.
      if (isAdmitted) await end(ctx, leased, c.res, kind)
      else await releaseRequest(ctx, leased)
    } finally {
      stop()
      ctx.leasedRequests.delete(leased)
    }
  }
}

/** Whose key it is. A printer's own token has keys of its own, and may have been revoked. */
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

/** After a 500 nobody knows what was done, so that the operation keeps its name for whoever asks again. */
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
