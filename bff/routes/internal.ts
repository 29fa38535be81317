import type { OpenAPIHono } from '@hono/zod-openapi'
import { limitBody } from '../../runtime/limit-body.ts'
import { deadLetterRequest } from '../../schema/http/dead-letters.ts'
import { admit } from '../admit.ts'
import type { AppEnv } from '../env.ts'
import { receiveDeadLetter, receiveGivenUp, receivePushedResult } from '../services/dead-letter/index.ts'
import { tick } from '../services/tick.ts'
import { jsonBody, nothing } from './describe.ts'
import { operation } from './operation.ts'

/** A message of 1 MB, in base64. */
const deadLetterMaxBytes = 1_100_000
/** A slicing result contains pictures; Pub/Sub encodes it in base64. */
const resultMaxBytes = 4 * 1024 * 1024
/** Pub/Sub's largest message, in base64: messages that are too large for their own route end up here. */
const givenUpMaxBytes = 15_000_000

const paths = {
  tick: operation({
    method: 'post',
    path: '/internal/tick',
    summary: 'Run the periodic tasks',
    hide: true,
    caller: 'scheduler',
    responses: { 204: nothing },
  }),
  deadLetter: operation({
    method: 'post',
    path: '/internal/dead-letters',
    summary: 'Store an unreadable message',
    hide: true,
    caller: 'slicer',
    maxBodyBytes: deadLetterMaxBytes,
    request: jsonBody(deadLetterRequest),
    responses: { 204: nothing },
  }),
}

/** Routes for our own services and the scheduler, and the public keys by which the CWS verifies grants. */
export function internalRoutes(app: OpenAPIHono<AppEnv>): void {
  app.openapi(paths.tick, async c => {
    await tick(c.get('ctx'))
    return c.body(null, 204)
  })
  app.openapi(paths.deadLetter, async c => {
    await receiveDeadLetter(c.get('ctx'), c.req.valid('json'))
    return c.body(null, 204)
  })
  // The verbs parse pushed messages: an unreadable one is stored, not refused.
  app.post('/pubsub/slicing-results', admit('push'), limitBody(resultMaxBytes), async c => {
    await receivePushedResult(c.get('ctx'), Buffer.from(await c.req.arrayBuffer()))
    return c.body(null, 204)
  })
  app.post('/pubsub/dead-letters', admit('push'), limitBody(givenUpMaxBytes), async c => {
    await receiveGivenUp(c.get('ctx'), Buffer.from(await c.req.arrayBuffer()))
    return c.body(null, 204)
  })
  app.get('/.well-known/jwks.json', c => {
    c.header('cache-control', 'public, max-age=300')
    return c.json(c.get('ctx').tokens.jwks())
  })
}
