import { z } from '@hono/zod-openapi'
import { keyPattern } from '../idempotency.ts'

/** Common parts of the routes' descriptions in /openapi.json. */

export function jsonBody<T extends z.ZodType>(schema: T) {
  return { body: { required: true as const, content: { 'application/json': { schema } } } }
}

export function answers<T extends z.ZodType>(schema: T, description: string) {
  return { description, content: { 'application/json': { schema } } }
}

/** The header of every POST that can be repeated safely (idempotency.ts). */
export const idempotencyHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(keyPattern)
    .optional()
    .openapi({
      description: [
        'Makes the request safe to repeat: send a fresh random key (a UUID will do) and, when no answer came, the same request',
        'with the same key. 1 to 200 printable ASCII characters, taken as they are, else 400 `invalid_input`. A key is yours',
        '(or the printer’s own) and of this path; it is kept for 24 hours. The same key and body gets the first answer again,',
        'with `Idempotency-Replayed: true`; another body 422 `idempotency_key_reused`; while the first is being done 409',
        '`request_in_progress`. Refusals are answers, too, and are given again: what you mend (add funds, wait for a slice)',
        'takes a new key. Not kept are 400, 401, 413, 415 and 429, where nothing was begun, and 500 and above: the same request',
        'and key then go on with what was begun, so that nothing is done or paid twice. JSON bodies are compared byte by byte,',
        'forms by their fields and the file’s content. An answer that contains a token is not stored: a repeated request gets a new',
        'token for the same printer.',
      ].join(' '),
    }),
})

export const nothing = { description: 'Done; no content' }

export const bearerAuth = [{ bearer: [] }]
