import { z } from 'zod'
import { AppError } from '../../schema/http/errors.ts'
import { idSchema } from '../../schema/http/ids.ts'
import type { Identity, Store } from '../store.ts'

/** Checks an agent method's params. Errors: invalid_input, which names the wrong fields and repeats no values. */
export function parseParams<T extends z.ZodType>(schema: T, params: unknown): z.infer<T> {
  const result = schema.safeParse(params ?? {})
  if (result.success) return result.data
  const errors = result.error.issues.map(issue => ({ path: issue.path.join('.'), message: issue.message }))
  const text = errors.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ')
  throw new AppError('invalid_input', text, { details: { errors } })
}

/** The user's JWT, as login_user gave it: what everything that spends, registers or reveals asks for. */
export const userToken = z
  .string("must be the user's token, as login_user gives it")
  .max(4096)
  .regex(/^[\w-]+\.[\w-]+\.[\w-]+$/, "must be the user's token, as login_user gives it")

/** What makes it safe to ask again after an answer that was lost: the same key is the same preparation, or print. */
export const idempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,200}$/, 'must be 1 to 200 printable characters')
  .optional()

const claims = z.object({ sub: idSchema('user') })

/**
 * Whose token it says it is: for contracts that repeat the user in the body. Nothing is believed here; the marketplace, which
 * is given the same token, checks it. Errors: unauthenticated.
 */
export function userOf(token: string): string {
  try {
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')
    return claims.parse(JSON.parse(payload)).sub
  } catch {
    throw new AppError('unauthenticated', "This is not a user's token. Log in.")
  }
}

/** Who this printer is. Errors: not_registered. */
export function requireIdentity({ store }: { store: Store }): Identity {
  const identity = store.identity()
  if (identity) return identity
  throw new AppError('not_registered', 'This printer is not registered at the marketplace. Register it first.')
}
