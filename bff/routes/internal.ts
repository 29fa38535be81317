import type { OpenAPIHono } from '@hono/zod-openapi'
import { limitBody, parse } from '../../runtime/http.ts'
import { deadLetterRequest } from '../../schema/http/dead-letters.ts'
import type { AppEnv } from '../env.ts'
import { receiveDeadLetter, receiveGivenUp } from '../services/dead-letter/receive.ts'
import { tick } from '../services/tick.ts'

/** Pub/Sub's largest message, in base64: what was too large for its own route must find a place here. */
const givenUpMaxBytes = 15_000_000

/** What only our own services and the scheduler call, and the keys that the CWS verifies grants with. */
export function internalRoutes(app: OpenAPIHono<AppEnv>): void {
  app.post('/internal/tick', async c => {
    await tick(c.get('ctx'))
    return c.body(null, 204)
  })
  app.post('/internal/dead-letters', async c => {
    await receiveDeadLetter(c.get('ctx'), parse(deadLetterRequest, await c.req.json()))
    return c.body(null, 204)
  })
  app.post('/pubsub/dead-letters', limitBody(givenUpMaxBytes), async c => {
    await receiveGivenUp(c.get('ctx'), await c.req.json())
    return c.body(null, 204)
  })
  app.get('/.well-known/jwks.json', c => {
    c.header('cache-control', 'public, max-age=300')
    return c.json(c.get('ctx').tokens.jwks())
  })
}
