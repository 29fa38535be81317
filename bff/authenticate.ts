import type { MiddlewareHandler } from 'hono'
import { bearer, type VerifyIdToken } from '../runtime/id-token.ts'
import type { Actor } from './actor.ts'
import { type Context, requireService } from './context.ts'
import type { AppEnv } from './env.ts'

/** Services call these paths with Google's ID tokens. All other paths accept our own tokens. */
const servicePaths = /^\/(internal|pubsub)\//

/** Paths whose body identifies the caller. */
const credentialPaths = new Set(['register', 'login', 'refresh', 'logout'].map(name => `/api/auth/${name}`))

/**
 * Sets the context of the request, with its actor. An invalid token is refused, not ignored; so is an unknown service, before its
 * body is read.
 */
export function authenticate(base: Omit<Context, 'actor'>, verifyIdToken: VerifyIdToken): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const actor = await identify(c.req.path, c.req.header('authorization'))
    c.set('ctx', { ...base, log: c.get('log'), actor })
    return next()
  }

  async function identify(path: string, header: string | undefined): Promise<Actor | null> {
    if (servicePaths.test(path)) return ourService(await verifyIdToken(bearer(header)))
    // A user who logs in may still send an old token.
    if (header === undefined || credentialPaths.has(path)) return null
    return base.tokens.verify(bearer(header))
  }

  function ourService(email: string): Actor {
    const { slicerServiceAccount, pushServiceAccount, schedulerServiceAccount } = base.settings
    const actor = { kind: 'service', email } as const
    requireService({ actor }, slicerServiceAccount, pushServiceAccount, schedulerServiceAccount)
    return actor
  }
}
