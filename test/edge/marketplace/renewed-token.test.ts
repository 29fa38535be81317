import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createMarketplace } from '../../../edge/marketplace/client.ts'
import { createReach } from '../../../edge/marketplace/reach.ts'
import { listen } from '../../../runtime/serve.ts'
import { isAppError } from '../../../schema/http/errors.ts'

const test = suite('a request with a token that is renewed at the same moment')

/** A marketplace that takes one token only; `seen` is what it was asked with. */
async function serve(good: string) {
  const seen: string[] = []
  const server = await listen({
    fetch: request => {
      const token = request.headers.get('authorization') ?? ''
      seen.push(token)
      if (token === `Bearer ${good}`) return new Response(null, { status: 204 })
      const problem = {
        type: 'urn:lmnt:error',
        title: 'Token expired',
        status: 401,
        code: 'token_expired',
        request_id: 'r',
      }
      return Response.json(problem, { status: 401 })
    },
  })
  return { ...server, seen }
}

const clientOf = (url: string, token: () => string) =>
  createMarketplace({ url, token, bootNonce: 'boot-nonce-of-one-edge', reach: createReach(), clock: Date.now })
const signal = new AbortController().signal

test('is repeated once with the new token', async () => {
  const server = await serve('new')
  let token = 'old'
  const marketplace = clientOf(server.url, () => {
    const current = token
    token = 'new'
    return current
  })
  assert.is(await marketplace.getPrintJob(0, signal), null)
  assert.equal(server.seen, ['Bearer old', 'Bearer new'])
  await server.close(0)
})

test('is refused when there is no newer token', async () => {
  const server = await serve('new')
  const refused = await clientOf(server.url, () => 'old')
    .getPrintJob(0, signal)
    .catch(error => error)
  assert.ok(isAppError(refused, 'token_expired'))
  assert.is(server.seen.length, 1)
  await server.close(0)
})

test.run()
