import { z } from 'zod'
import { AppError } from '../../schema/http/errors.ts'
import { idSchema } from '../../schema/http/ids.ts'
import type { Identity, Store } from '../store.ts'

/** Parses an agent method's params. Errors: invalid_input, which names the wrong fields and repeats no values. */
export function parseParams<T extends z.ZodType>(schema: T, params: unknown): z.infer<T> {
  const result = schema.safeParse(params ?? {})
  if (result.success) return result.data
  const errors = result.error.issues.map(issue => ({ path: issue.path.join('.'), message: issue.message }))
  const text = errors.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ')
  throw new AppError('invalid_input', text, { details: { errors } })
}

/** The user's JWT from login_user. Every method that spends, registers or reveals needs it. */
export const userToken = z
  .string("must be the user's token, as login_user gives it")
  .max(4096)
  .regex(/^[\w-]+\.[\w-]+\.[\w-]+$/, "must be the user's token, as login_user gives it")

/** The parameters of a method of the printer's page, with the token that the page does not have. */
export function withToken<Shape extends z.ZodRawShape>(request: z.ZodObject<Shape>) {
  // The type of `extend` is lost on a generic shape.
  return request.extend({ token: userToken }) as unknown as z.ZodObject<Shape & { token: typeof userToken }>
}

const claims = z.object({ sub: idSchema('user') })

/**
 * The user that the token claims, for requests that repeat the user in the body. The edge does not verify the token; the marketplace
 * gets the same token and does. Errors: unauthenticated.
 */
export function userOf(token: string): string {
  try {
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')
    return claims.parse(JSON.parse(payload)).sub
  } catch {
    throw new AppError('unauthenticated', "This is not a user's token. Log in.")
  }
}

/** This printer's identity. Errors: not_registered. */
export function requireIdentity({ store }: { store: Store }): Identity {
  const identity = store.identity()
  if (identity) return identity
  throw new AppError('not_registered', 'This printer is not registered at the marketplace. Register it first.')
}
