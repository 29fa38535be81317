import type { OpenAPIHono } from '@hono/zod-openapi'
import { createMiddleware } from 'hono/factory'
import { createShell, limitJson } from '../runtime/http.ts'
import { bearer, type VerifyIdToken } from '../runtime/id-token.ts'
import { limitBody } from '../runtime/limit-body.ts'
import type { Log } from '../runtime/log.ts'
import { audit, outcomeOf } from './audit.ts'
import { type Caller, type CwsParts, type CwsSettings, requireService } from './context.ts'
import type { VerifyGrant } from './grant.ts'
import { addRoutes, type CwsEnv } from './routes.ts'

export interface CwsOptions extends CwsParts {
  log: Log
  verifyIdToken: VerifyIdToken
  verifyGrant: VerifyGrant
  ready: () => Promise<void>
}

// The largest valid request is a transaction of 16 KiB in base64.
const bounds = [limitBody(32 * 1024), limitJson()]

/** Creates the Custodial Wallet Service as a Hono app. Opens nothing itself: database, ledger and keys are passed in. */
export function createCws({ log, verifyIdToken, verifyGrant, ready, ...parts }: CwsOptions): OpenAPIHono<CwsEnv> {
  const app = createShell<CwsEnv>({ log, ready })
  app.use('/ops/*', async (c, next) => {
    await next()
    c.header('cache-control', 'no-store')
  })
  addRoutes(app, {
    services: [authenticate(parts, async token => ourService(parts.settings, await verifyIdToken(token))), ...bounds],
    grants: [authenticate(parts, async token => ({ kind: 'grant', grant: await verifyGrant(token) })), ...bounds],
  })
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' })
  return app
}

/** The head of docs/openapi's description of the operations. */
export const cwsDocument = {
  openapi: '3.0.3',
  info: {
    title: 'LMNT Custodial Wallet Service',
    version: '1.0.0',
    description: 'Keys, wallets and signatures, for services of the marketplace; decrypt-data for holders of a grant.',
  },
}

/** Google signs tokens for any of its accounts: only our own service accounts are accepted. Errors: forbidden. */
function ourService(settings: CwsSettings, email: string): Caller {
  const { bffServiceAccount, slicerServiceAccount, operatorServiceAccount } = settings
  const caller = { kind: 'service', email } as const
  requireService({ caller }, bffServiceAccount, slicerServiceAccount, operatorServiceAccount)
  return caller
}

/**
 * Identifies the caller by the token and, after the call, writes it to the audit log with its outcome. A call that cannot be
 * audited fails. A call without a valid token gets a log line instead, so that strangers cannot fill the table.
 */
function authenticate(parts: CwsParts, identify: (token: string) => Promise<Caller>) {
  return createMiddleware<CwsEnv>(async (c, next) => {
    const operation = c.req.path.slice(1)
    const log = c.get('log')
    const caller = await Promise.resolve(c.req.header('authorization'))
      .then(bearer)
      .then(identify)
      .catch((error: unknown) => {
        log.warn({ operation, outcome: outcomeOf(error) }, 'refused a call without a valid token')
        throw error
      })
    let subject: string | null = null
    c.set('ctx', {
      ...parts,
      caller,
      log,
      setSubject: value => {
        subject = value
      },
    })
    await next()
    await audit(parts, { requestId: c.get('requestId'), operation, caller, subject, outcome: outcomeOf(c.error) })
  })
}
