import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { and, eq } from 'drizzle-orm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { completePreparation } from '../../../bff/services/preparation/complete.ts'
import { preparations, printers, printJobs, printProfiles } from '../../../schema/db/bff/index.ts'
import { AppError } from '../../../schema/http/errors.ts'
import { makeApi, type TestApi } from '../../make/api.ts'
import { type EdgeFixture, makeEdgeFixture } from '../../make/edge/set-up.ts'
import { eventually } from '../../make/eventually.ts'
import { makeContext, type TestContext } from '../../make/market.ts'
import { makePreparation, makePrepared, type Prepared } from '../../make/prepared.ts'

const test = suite("the edge's methods at the real marketplace")
let market: TestContext
let api: TestApi
let fixture: EdgeFixture

test.before.each(async () => {
  market = await makeContext({ wakes: true })
  market.ctx.cws = { ...market.ctx.cws, encrypt: async () => 'wrapped psek' }
  api = await makeApi(market)
  fixture = await makeEdgeFixture({ marketplaceUrl: api.url, isRegistered: false, autoStart: false })
})
test.after.each(async () => {
  await fixture.close()
  market.ctx.wake.endWaits()
  await api.close()
  await market.close()
})

/** The edge's answer, or the code of its refusal. */
// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever fields it expects of the answer
async function ask(method: string, params?: object): Promise<any> {
  try {
    return await fixture.edge.call(method, params)
  } catch (error) {
    if (error instanceof AppError) return { refused: error.code }
    throw error
  }
}

const tokenOf = async ({ userId }: Prepared) => (await market.ctx.tokens.forUser(userId, 'enthusiast')).token

async function prepare(own: Prepared, printerId: string): Promise<string> {
  const [profile] = await market.db.select().from(printProfiles).where(eq(printProfiles.userId, own.userId))
  return makePreparation(market, { purchaseId: own.purchaseId, printerId, profileId: profile!.printProfileId })
}

test('a person logs in, renews the session and ends it', async () => {
  const login = { email: 'ada@example.test', password: 'correct horse battery' }
  await api.ask('POST', '/api/auth/register', { body: { ...login, role: 'enthusiast' } })
  assert.is((await ask('login_user', { ...login, password: 'not this one' })).refused, 'wrong_credentials')
  const first = await ask('login_user', login)
  assert.is(first.status, 'logged_in')
  const second = await ask('login_user', { token: first.token })
  assert.equal([second.status, second.user_id], ['logged_in', first.user_id])
  assert.equal(await ask('purchases', { token: second.token }), { purchases: [], ready: [], next_cursor: null })
  assert.equal(await ask('logout_user', { token: second.token }), { status: 'logged_out' })
  assert.is((await ask('login_user', { token: second.token })).refused, 'unauthenticated')
})

test('a print ordered through the printer is in the queue, can be cancelled, and is in the history', async () => {
  const own = await makePrepared(market, 2)
  const token = await tokenOf(own)
  const { printer_id } = await ask('register_printer', { name: 'Voron', token })
  await prepare(own, printer_id)
  const { purchaseId: purchase_id } = own
  assert.is((await ask('purchases', { token })).purchases[0].purchase_id, purchase_id)

  const first = await ask('print_model', { token, purchase_id, idempotency_key: 'first' })
  assert.equal([first.status, first.printer_id], ['queued', printer_id])
  assert.equal(await ask('print_model', { token, purchase_id, idempotency_key: 'first' }), first)
  await eventually('there is a current job', async () => (await ask('status')).job)
  const second = await ask('print_model', { token, purchase_id })
  const ids = [first.print_job_id, second.print_job_id]
  const { print_jobs } = await ask('queue', { token })
  assert.equal(
    print_jobs.map((job: { print_job_id: string }) => job.print_job_id),
    ids,
  )
  assert.is((await ask('print_model', { token, purchase_id })).refused, 'no_rights_left')
  assert.is((await ask('cancel_job', { print_job_id: first.print_job_id })).status, 'cancelling')
  await eventually('the first has ended', async () => {
    const { print_jobs: ended } = await ask('history', { token })
    return ended.at(-1).status === 'failure'
  })
  assert.is((await ask('audit_log', { token, purchase_id })).purchase_id, purchase_id)

  const stranger = await tokenOf(await makePrepared(market))
  assert.is((await ask('audit_log', { token: stranger, purchase_id })).refused, 'forbidden')
  assert.is((await ask('print_model', { token: stranger, purchase_id })).refused, 'forbidden')
  assert.equal((await ask('queue', { token: stranger })).print_jobs, [])
  assert.is((await ask('set_config', { token: stranger, auto_start: true })).refused, 'forbidden')
  assert.is((await ask('set_config', { token, auto_start: false })).auto_start, false)
  const profile = { print_profile_id: 'profile_00000000000000000000000000', storage_currency: 'hbar' }
  assert.is((await ask('prepare_model', { token: stranger, purchase_id, ...profile })).refused, 'forbidden')
})

test("a prepared purchase is in the printer's file list before anybody orders a print, and prints from there", async () => {
  const own = await makePrepared(market)
  const { printer_id } = await ask('register_printer', { name: 'Voron', token: await tokenOf(own) })
  const isListed = () => existsSync(join(fixture.printer.gcodesDir, 'LMNT/Gear.gcode'))
  const preparation = await prepare(own, printer_id)
  const isIt = eq(preparations.preparationId, preparation)
  await market.db.update(preparations).set({ status: 'in_progress', gcodeTtlExpiry: null }).where(isIt)
  assert.not.ok(isListed())
  await market.db.transaction(tx => completePreparation(market.ctx, tx, preparation, null))
  await eventually('the stub is in the list', isListed)
  assert.is((await ask('status')).job, null)

  // Somebody prints the file: the printer asks for the job with its own token.
  await fixture.client.call('printer.print.start', { filename: 'LMNT/Gear.gcode' })
  await eventually('a job', async () => (await market.db.select().from(printJobs))[0])
})

test('a second registration of the printer ends the first; another account cannot register it', async () => {
  const own = await makePrepared(market)
  const { printer_id: old } = await ask('register_printer', { name: 'Voron', token: await tokenOf(own) })
  const preparation = await prepare(own, old)
  const stranger = await tokenOf(await makePrepared(market))
  assert.is((await ask('register_printer', { name: 'Mine', token: stranger })).refused, 'owner_consent_required')
  const again = await ask('register_printer', { name: 'Voron', token: await tokenOf(own) })
  assert.equal(again.replaced, { printer_id: old, status: 'unregistered', problem: null })
  const [printer] = await market.db.select().from(printers).where(eq(printers.printerId, old))
  assert.is(printer?.status, 'revoked')
  const [prepared] = await market.db.select().from(preparations).where(eq(preparations.preparationId, preparation))
  assert.is(prepared?.status, 'expired')
  assert.is((await ask('renew_token')).status, 'renewed')
})

test('two registrations with one idempotency key, as after a lost answer, are one printer', async () => {
  const own = await makePrepared(market)
  const wanted = { name: 'Voron', token: await tokenOf(own), idempotency_key: 'registration-1' }
  const first = await ask('register_printer', wanted)
  const second = await ask('register_printer', wanted)
  assert.is(second.printer_id, first.printer_id)
  assert.is(second.replaced, null)
  const [row] = await market.db.select().from(printers).where(eq(printers.printerId, first.printer_id))
  assert.is(row?.status, 'active')
})

test('the owner unregisters the printer: by force while a job waits, and also when it was already removed at the marketplace', async () => {
  const own = await makePrepared(market)
  const token = await tokenOf(own)
  const { printer_id } = await ask('register_printer', { name: 'Voron', token })
  await prepare(own, printer_id)
  await ask('print_model', { token, purchase_id: own.purchaseId })
  await eventually('there is a current job', async () => (await ask('status')).job)
  assert.is((await ask('unregister_printer', { token })).refused, 'printer_busy')
  const stranger = await tokenOf(await makePrepared(market))
  assert.is((await ask('unregister_printer', { token: stranger, force: true })).refused, 'forbidden')
  assert.is((await ask('unregister_printer', { token, force: true })).status, 'unregistered')
  const failed = and(eq(printJobs.printerId, printer_id), eq(printJobs.status, 'failure'))
  assert.is((await market.db.select().from(printJobs).where(failed)).length, 1)

  const next = await ask('register_printer', { name: 'Voron', token })
  assert.is(next.replaced, null)
  await api.ask('DELETE', `/api/printers/${next.printer_id}`, { token })
  assert.is((await ask('renew_token')).refused, 'printer_revoked')
  assert.is((await ask('unregister_printer', { token })).status, 'unregistered')
})

test.run()
