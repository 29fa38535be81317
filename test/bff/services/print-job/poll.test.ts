import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Context } from '../../../../bff/context.ts'
import { claimPrintJob } from '../../../../bff/services/print-job/claim.ts'
import { reportOutcome } from '../../../../bff/services/print-job/report.ts'
import { requestPrint } from '../../../../bff/services/print-job/request.ts'
import { startWake } from '../../../../bff/wake.ts'
import { purchases } from '../../../../schema/db/bff/index.ts'
import { connectDatabase } from '../../../../schema/db/connect.ts'
import { codeOf, makeApi, type TestApi } from '../../../make/api.ts'
import { eventually } from '../../../make/eventually.ts'
import { makeContext, type TestContext } from '../../../make/market.ts'
import { makePrepared } from '../../../make/prepared.ts'

interface World {
  market: TestContext
  api: TestApi
}
const test = suite<World>('the printer’s poll')

test.before(async world => {
  world.market = await makeContext()
  world.market.ctx.wake = await startWake(world.market.database)
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

test('a new poll ends the one before it, also in another process', async ({ market, api }) => {
  const own = await makePrepared(market)
  const other = connectDatabase({ ...market.database.at, applicationName: 'other', max: 10 })
  const elsewhere = { ...own.printer, db: other.db as unknown as Context['db'], wake: await startWake(other) }
  const never = new AbortController().signal
  const wait = (ctx: Context) => {
    const poll = { isOver: false, answer: claimPrintJob(ctx, 'boot-nonce-of-one-edge', 60_000, never) }
    const end = () => {
      poll.isOver = true
    }
    poll.answer.then(end, end)
    return poll
  }
  const { token } = await market.ctx.tokens.forPrinter(own.printerId, own.userId, 1)
  for (let round = 0; round < 20; round++) {
    const polls = Array.from({ length: 6 }, (_, index) => wait(index % 2 ? elsewhere : own.printer))
    await eventually('one of six is left', () => polls.filter(poll => poll.isOver).length === 5)
    const left = polls.find(poll => !poll.isOver)
    const newer = wait(round % 2 ? elsewhere : own.printer)
    assert.is(await left?.answer, null)
    assert.is((await api.ask('GET', path, { token })).status, 204)
    assert.not.ok(newer.isOver, 'a poll that does not wait ends none')
    const newest = wait(own.printer)
    assert.is(await newer.answer, null)

    await requestPrint(own.user, { purchase_id: own.purchaseId })
    const job = await newest.answer
    assert.ok(job, 'the newest gets the job')
    const { print_job_id, purchase_id, user_id } = job!
    await reportOutcome(own.printer, { user_id, purchase_id, print_job_id, status: 'failure' })
    await market.db.update(purchases).set({ attempts: 0 })
  }
  await elsewhere.wake.close()
  await other.close()
})

test.run()
