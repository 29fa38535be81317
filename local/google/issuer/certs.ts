import { Hono } from 'hono'
import type { TokenIssuer } from './issuer.ts'

/** Where Google publishes the keys that its ID tokens are verified with: www.googleapis.com/oauth2/v3/certs. */
export function certsApp(issuer: TokenIssuer): Hono {
  const app = new Hono()
  app.get('/oauth2/v3/certs', context => context.json(issuer.jwks, 200, { 'cache-control': 'public, max-age=300' }))
  return app
}
