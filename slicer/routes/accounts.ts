import type { MiddlewareHandler } from 'hono'
import { bearer, type VerifyIdToken } from '../../runtime/id-token.ts'
import type { ShellEnv } from '../../runtime/problem.ts'
import { AppError } from '../../schema/http/errors.ts'

/** Lets only these service accounts through, by their ID tokens. Errors: unauthenticated, forbidden. */
export function only(verify: VerifyIdToken, ...emails: string[]): MiddlewareHandler<ShellEnv> {
  return async (c, next) => {
    const email = await verify(bearer(c.req.header('authorization')))
    if (!emails.includes(email)) throw new AppError('forbidden', 'This is for services of the marketplace only.')
    return next()
  }
}
