import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startWake } from '../../bff/wake.ts'
import { codeOf, makeApi, type TestApi } from '../make/api.ts'
import { makeContext, type TestContext } from '../make/market.ts'
import { makePrepared } from '../make/prepared.ts'

interface World {
  market: TestContext
  api: TestApi
}
const test = suite<World>('the printer’s poll')

test.before(async world => {
  world.market = await makeContext()
  world.market.ctx.wake = await startWake(world.market.sql)
  world.api = await makeApi(world.market)
})
test.after(async ({ market, api }) => {
  await market.ctx.wake.close()
  await api.close()
  await market.close()
})

const path = '/api/get-print-job'
const ownNonce = `${path}?boot_nonce=boot-nonce-of-one-edge`

/** A printer with one job in its queue, its token and its owner's. */
async function queued({ market, api }: World) {
  const own = await makePrepared(market)
  const { token: user } = await market.ctx.tokens.forUser(own.userId, 'enthusiast')
  const { token } = await market.ctx.tokens.forPrinter(own.printerId, own.userId, 1)
  const { body } = await api.ask('POST', '/api/print', { token: user, body: { purchase_id: own.purchaseId } })
  return { token, user, jobId: body.print_job_id as string }
}

test('needs nothing but the token', async world => {
  const { api } = world
  const { token, user, jobId } = await queued(world)
  const claimed = await api.ask('GET', path, { token })
  assert.is(claimed.status, 200)
  assert.is(claimed.body.print_job_id, jobId)
  assert.is(codeOf(await api.ask('GET', path)), 'unauthenticated')
  assert.is(codeOf(await api.ask('GET', path, { token: user })), 'forbidden')
})

test('clients without a boot nonce are one client, and another than any with a nonce', async world => {
  const { api, market } = world
  const { token, jobId } = await queued(world)
  assert.is((await api.ask('GET', path, { token })).body.print_job_id, jobId)
  assert.is((await api.ask('GET', path, { token })).body.print_job_id, jobId, 'as after a restart')
  assert.is(codeOf(await api.ask('GET', ownNonce, { token })), 'job_claimed_elsewhere')
  const progress = { progress: 0.1, is_printing: true }
  const say = (body: object) => api.ask('POST', `/api/print-jobs/${jobId}/progress`, { token, body })
  assert.is((await say(progress)).body.status, 'printing')
  assert.is(codeOf(await say({ ...progress, boot_nonce: 'boot-nonce-of-one-edge' })), 'job_claimed_elsewhere')
  assert.ok((await api.ask('POST', `/api/print-jobs/${jobId}/key-grant`, { token, body: {} })).body.cws_token)

  market.clock.pass(61_000)
  assert.is((await api.ask('GET', ownNonce, { token })).body.print_job_id, jobId, 'its lease is over')
  assert.is(codeOf(await api.ask('GET', path, { token })), 'job_claimed_elsewhere')
  assert.is(codeOf(await say(progress)), 'job_claimed_elsewhere')
})

test.run()
