import { randomUUID } from 'node:crypto'
import { OpenAPIHono } from '@hono/zod-openapi'
import type { Context, MiddlewareHandler } from 'hono'
import { methodNotAllowed } from 'hono/method-not-allowed'
import type { z } from 'zod'
import { AppError } from '../schema/http/errors.ts'
import { jsonLimits, requireBoundedJson } from '../schema/http/json.ts'
import { registerProblem } from './describe.ts'
import type { Log } from './log.ts'
import { answerProblem, invalidInput, type ShellEnv, shorten } from './problem.ts'

export interface ShellOptions {
  log: Log
  /** Resolves when the service can do its work; rejects with the reason when it cannot. */
  ready: () => Promise<void>
}

/**
 * The base of each HTTP service, to which its routes are added: a request id, /livez, /readyz, problem+json for every error, and
 * invalid input listed by field.
 */
export function createShell<E extends ShellEnv>({ log, ready }: ShellOptions): OpenAPIHono<E> {
  const app = new OpenAPIHono<E>({
    defaultHook: result => {
      if (!result.success) throw invalidInput(result.error)
      refuseUnstorable(result.data)
    },
  })
  registerProblem(app)
  app.use((c, next) => {
    const id = `req_${randomUUID()}`
    c.set('requestId', id)
    c.set('log', log.child({ request_id: id }))
    c.header('x-request-id', id)
    return next()
  })
  app.get('/livez', c => c.json({ status: 'ok' }))
  app.get('/readyz', async c => {
    try {
      await ready()
    } catch (error) {
      log.warn({ err: error }, 'service not ready')
      throw new AppError('unavailable', 'The service is not ready yet.')
    }
    return c.json({ status: 'ok' })
  })
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, methods) => {
        c.header('allow', methods.join(', '))
        const text = `${c.req.path} does not support ${c.req.method}. Use ${methods.join(' or ')}.`
        return answerProblem(c as Context<E>, new AppError('method_not_allowed', text))
      },
    }),
  )
  app.notFound(c => answerProblem(c, new AppError('not_found', `There is nothing at ${c.req.method} ${c.req.path}.`)))
  app.onError((error, c) => answerProblem(c, error))
  return app
}

/**
 * Refuses JSON that is deeper or has more values than a route needs, before it is parsed. Reads the body: authenticate the caller
 * and limit the body's size before.
 */
export function limitJson(limits = jsonLimits): MiddlewareHandler {
  return async (c, next) => {
    if (jsonType.test(c.req.header('content-type') ?? '')) requireBoundedJson(await c.req.text(), limits)
    return next()
  }
}

// The same pattern as in Hono's validator: other bodies are not parsed, so they are not read here.
const jsonType = /^\s*application\/([\w.-]+\+)?json\s*(;|$)/i

/** Parses an untrusted value; throws `invalid_input` with the wrong fields. */
export function parse<T extends z.ZodType>(schema: T, value: unknown): z.infer<T> {
  refuseUnstorable(value)
  const result = schema.safeParse(value)
  if (!result.success) throw invalidInput(result.error)
  return result.data
}

// JSON can contain NUL and lone surrogates, which a UTF-8 database cannot store.
const unstorable = /\0|\p{Surrogate}/u

/** Throws `invalid_input` for text, at any depth, that the database cannot store. */
function refuseUnstorable(value: unknown): void {
  const path = pathToUnstorable(value)
  if (path)
    throw new AppError(
      'invalid_input',
      `${shorten(path.join('.')) || 'The text'}: contains an invalid character (NUL or a lone surrogate).`,
    )
}

/** The keys that lead to the first such text; null when there is none. Recursion is safe: limitJson bounds the depth. */
function pathToUnstorable(value: unknown): string[] | null {
  if (typeof value === 'string') return unstorable.test(value) ? [] : null
  if (typeof value !== 'object' || value === null) return null
  for (const [key, inner] of Object.entries(value)) {
    if (unstorable.test(key)) return ['a key']
    const path = pathToUnstorable(inner)
    if (path) return [key, ...path]
  }
  return null
}
