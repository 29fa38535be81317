import { type Context, Hono } from 'hono'
import type { TokenIssuer } from '../issuer/issuer.ts'
import type { Project } from '../project.ts'

export interface MetadataOptions {
  project: Project
  /** The service account of this machine. */
  email: string
  issuer: TokenIssuer
}

const flavor = { 'metadata-flavor': 'Google' }

/** The metadata server of one machine: every caller gets tokens of that machine's service account. */
export function metadataApp({ project, email, issuer }: MetadataOptions): Hono {
  const app = new Hono({ strict: false })
  const text = (context: Context, body: string) => context.text(body, 200, flavor)

  app.use(async (context, next) => {
    // Google's two guards against forged requests by a browser or through a proxy.
    const isForwarded = context.req.header('x-forwarded-for') !== undefined
    if (context.req.header('metadata-flavor') !== 'Google' || isForwarded) {
      return context.text('Your client does not have permission to get this URL from this server.', 403, flavor)
    }
    if (context.req.method !== 'GET') return context.text('Method Not Allowed', 405, flavor)
    return next()
  })
  app.notFound(context => context.text('Not Found', 404, flavor))

  app.get('/computeMetadata/v1/instance', context => text(context, 'service-accounts/\n'))
  app.get('/computeMetadata/v1/project/project-id', context => text(context, project.id))
  app.get('/computeMetadata/v1/project/numeric-project-id', context => text(context, project.number))
  app.get('/computeMetadata/v1/universe/universe-domain', context => text(context, 'googleapis.com'))
  app.get('/computeMetadata/v1/instance/service-accounts', context => text(context, `default/\n${email}/\n`))

  app.get('/computeMetadata/v1/instance/service-accounts/:account/:value', async context => {
    const { account, value } = context.req.param()
    if (account !== 'default' && account !== email) return context.notFound()
    if (value === 'email') return text(context, email)
    if (value === 'token') {
      const { token, expiresInSeconds } = await issuer.accessToken(email)
      return context.json({ access_token: token, expires_in: expiresInSeconds, token_type: 'Bearer' }, 200, flavor)
    }
    if (value === 'identity') {
      const audience = context.req.query('audience')
      if (!audience || audience.length > 2048) {
        return context.text('non-empty audience parameter required', 400, flavor)
      }
      return text(context, await issuer.idToken(email, audience))
    }
    return context.notFound()
  })
  return app
}
