import type { Context, Hono, MiddlewareHandler } from 'hono'
import { z } from 'zod'
import { limitBody } from '../../../runtime/limit-body.ts'
import { AppError, isAppError } from '../../../schema/http/errors.ts'
import { profileFilesMaxBytes, profileFilesMost } from '../../../schema/http/profiles.ts'
import { methods, type PageAccess } from '../../agent/method-table.ts'
import type { WebEnv } from '../env.ts'
import { requireSession, requireWatcher } from '../guard.ts'
import { readJsonBody } from '../json-body.ts'
import type { WebParts } from '../parts.ts'
import type { WebSession } from '../sessions.ts'

const longestParams = 64 * 1024
/** The files' bytes, and the form around them. */
const longestForm = profileFilesMaxBytes + 64 * 1024
const mostUploads = 2
const paramsSchema = z.record(z.string(), z.unknown())
const presetNames = ['name', 'printer', 'process', 'filament'] as const

/** api/call/METHOD, and api/upload-profile, which is add_profile with a browser's form. */
export function callRoutes(app: Hono<WebEnv>, parts: WebParts): void {
  app.post('/api/call/:method', limitBody(longestParams), async c => {
    const params = readJsonBody(paramsSchema, await c.req.text())
    return c.json((await callMethod(parts, c, c.req.param('method'), params)) as object)
  })
  app.post('/api/upload-profile', uploadsOfPeople(parts), limitBody(longestForm), async c => {
    const form = await c.req.formData().catch(() => {
      throw new AppError('bad_request', 'The form cannot be read.')
    })
    const files = form.getAll('files').filter(one => one instanceof File)
    if (files.length > profileFilesMost) {
      throw new AppError('invalid_input', `files: at most ${profileFilesMost} files make a profile`)
    }
    const names = presetNames.flatMap(name => {
      const value = form.get(name)
      return typeof value === 'string' && value !== '' ? [[name, value]] : []
    })
    const contents = await Promise.all(
      files.map(async file => ({ name: file.name, content: Buffer.from(await file.arrayBuffer()).toString('base64') })),
    )
    const params = { files: contents, ...Object.fromEntries(names) }
    return c.json((await callMethod(parts, c, 'add_profile', params)) as object)
  })
}

/**
 * Lets people who are logged in upload, a few at a time: each upload is in memory in several forms, beside a print that is running.
 * Runs before anything reads the body. Errors: unauthenticated, too_many_requests.
 */
function uploadsOfPeople(parts: WebParts): MiddlewareHandler<WebEnv> {
  let running = 0
  return async (c, next) => {
    requireSession(parts, c)
    if (running >= mostUploads) throw new AppError('too_many_requests', 'Others are uploading.', { retryAfterS: 5 })
    running++
    try {
      await next()
    } finally {
      running--
    }
  }
}

/**
 * Runs a method of the agent with the token of the person who is logged in. Errors: not_found (no such method for the page),
 * unauthenticated, the method's own.
 */
export async function callMethod(
  parts: WebParts,
  c: Context<WebEnv>,
  name: string,
  params: Record<string, unknown>,
): Promise<unknown> {
  const { sessions, watch } = parts
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined
  if (!method || method.page === 'nobody') throw new AppError('not_found', 'The page has no such method.')
  if (Object.hasOwn(params, 'token')) throw new AppError('invalid_input', 'token: the page adds it from the session')
  const session = sessionFor(method.page, parts, c)
  const edge = c.get('edge')
  const key = c.req.header('idempotency-key')
  const named = key === undefined ? params : { ...params, idempotency_key: key }
  const isTokenSent = session !== null && (method.page === 'token' || method.page === 'token if any')
  const withToken = isTokenSent ? { ...named, token: await sessions.token(session) } : named
  try {
    const answer = await edge.call(name, withToken, { client: c.get('caller').address })
    if (session) watch.see(session, edge, name, answer)
    return answer
  } catch (error) {
    // The marketplace has ended the session: a changed password, or a log-out from elsewhere.
    if (isTokenSent && isAppError(error, 'unauthenticated', 'token_expired')) sessions.end(session, 'refused')
    throw error
  }
}

/** The session, used now. Errors: unauthenticated, forbidden. */
function sessionFor(access: PageAccess, parts: WebParts, c: Context<WebEnv>): WebSession | null {
  if (access === 'token' || access === 'log-in') return requireSession(parts, c)
  requireWatcher(parts, c)
  return parts.sessions.use(c.get('sessionId'))
}
