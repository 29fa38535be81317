import type { MiddlewareHandler } from 'hono'
import { bearer, type VerifyIdToken } from '../runtime/id-token.ts'
import type { Actor } from './actor.ts'
import { type Context, requireService } from './context.ts'
import type { AppEnv } from './env.ts'

/** Services come to these paths with Google's ID tokens; everybody else to the others with tokens of ours. */
const servicePaths = /^\/(internal|pubsub)\//

/** What is sent there says itself who asks. */
const credentialPaths = new Set(['register', 'login', 'refresh', 'logout'].map(name => `/api/auth/${name}`))

/**
 * Puts the verbs' context with the request's actor in its place. A token that is not valid is refused, not ignored; a service
 * that is none of ours as well, before anything reads what it sends.
 */
export function authenticate(base: Omit<Context, 'actor'>, verifyIdToken: VerifyIdToken): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const actor = await identify(c.req.path, c.req.header('authorization'))
    c.set('ctx', { ...base, log: c.get('log'), actor })
    await next()
  }

  async function identify(path: string, header: string | undefined): Promise<Actor | null> {
    if (servicePaths.test(path)) return ourService(await verifyIdToken(bearer(header)))
    // A person who logs in may still carry an old token.
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
