import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { newId } from '../../../schema/http/ids.ts'
import { codeOf, makeApi, type TestApi } from '../../make/api.ts'
import { makeContext, type TestContext } from '../../make/market.ts'

interface World {
  market: TestContext
  api: TestApi
}
const test = suite<World>('every operation of the API')

test.before(async world => {
  world.market = await makeContext()
  world.api = await makeApi(world.market)
})
test.after(async ({ market, api }) => {
  await api.close()
  await market.close()
})

test('a wrong method is told which are right', async ({ api }) => {
  const wrong = [
    ['PUT', '/api/models', 'GET, HEAD'],
    ['POST', `/api/models/model_${'0'.repeat(26)}`, 'GET, HEAD'],
    ['GET', '/api/print', 'POST'],
    ['DELETE', '/api/print-profiles', 'POST, GET, HEAD'],
    ['POST', '/livez', 'GET, HEAD'],
  ] as const
  for (const [method, path, allow] of wrong) {
    const answer = await api.ask(method, path)
    assert.equal([codeOf(answer), answer.headers.get('allow')], ['method_not_allowed', allow], path)
  }
})

test('a token outlives its account, but opens nothing', async ({ api, market }) => {
  const { token } = await market.ctx.tokens.forUser(newId('user', market.ctx.random), 'designer')
  const { body: document } = await api.ask('GET', '/openapi.json')
  let count = 0
  for (const [path, methods] of Object.entries<Record<string, { security?: unknown }>>(document.paths)) {
    for (const [method, { security }] of Object.entries(methods)) {
      if (!security) continue
      const answer = await api.ask(method.toUpperCase(), path.replace(/\{.*?\}/, 'x'), { token })
      assert.ok(['unauthenticated', 'forbidden'].includes(codeOf(answer)), `${method} ${path}: ${codeOf(answer)}`)
      count++
    }
  }
  assert.ok(count > 20)
  const name = { name: 'Printer' }
  assert.is(codeOf(await api.ask('POST', '/api/register-printer', { token, body: name })), 'unauthenticated')
})

test.run()
