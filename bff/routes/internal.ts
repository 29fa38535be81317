import type { OpenAPIHono } from '@hono/zod-openapi'
import type { AppEnv } from '../env.ts'
import { tick } from '../services/tick.ts'

/** What only our own services and the scheduler call, and the keys that the CWS verifies grants with. */
export function internalRoutes(app: OpenAPIHono<AppEnv>): void {
  app.post('/internal/tick', async c => {
    await tick(c.get('ctx'))
    return c.body(null, 204)
  })
  app.get('/.well-known/jwks.json', c => {
    c.header('cache-control', 'public, max-age=300')
    return c.json(c.get('ctx').tokens.jwks())
  })
}
