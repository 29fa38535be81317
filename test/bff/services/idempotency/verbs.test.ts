import { eq, inArray } from 'drizzle-orm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Context } from '../../../../bff/context.ts'
import { prepare } from '../../../../bff/services/preparation/prepare.ts'
import { requestPrint } from '../../../../bff/services/print-job/request.ts'
import { registerPrinter } from '../../../../bff/services/printer/register.ts'
import { createProfile } from '../../../../bff/services/profile/create.ts'
import {
  idempotencyKeys,
  outbox,
  preparations,
  printers,
  printJobs,
  printProfiles,
  purchases,
} from '../../../../schema/db/bff/index.ts'
import { codeOf, makeApi } from '../../../make/api.ts'
import { atEveryStep } from '../../../make/crash.ts'
import { makeContext } from '../../../make/market.ts'
import { makePrepared } from '../../../make/prepared.ts'

const test = suite('what comes twice under one Idempotency-Key')
let encryptions = 0
const cws = { ...({} as Context['cws']), encrypt: async () => `wrapped ${++encryptions}` }
const market = await makeContext({ cws, publish: async () => {}, settings: { slicingFees: { hbar: 0n } } })
const { ctx, db, clock } = market
const api = await makeApi(market)
test.after(async () => {
  await api.close()
  await market.close()
})

const registration = { name: 'Voron', description: 'In the cellar', printer_may_print: true }

async function newPerson() {
  const { userId } = await market.newUser()
  const tokenNow = async () => (await ctx.tokens.forUser(userId, 'enthusiast')).token
  const post = async (path: string, key: string, body: unknown) =>
    api.ask('POST', path, { token: await tokenNow(), body, headers: { 'idempotency-key': key } })
  return { userId, token: await tokenNow(), post }
}

test('a printer is registered once, and each answer has a token that works', async () => {
  const { userId, post } = await newPerson()
  const first = await post('/api/register-printer', 'k', registration)
  const second = await post('/api/register-printer', 'k', registration)
  assert.equal([first.status, second.status], [201, 201])
  assert.is(second.body.printer_id, first.body.printer_id)
  assert.is(second.body.encrypted_psek, first.body.encrypted_psek)
  assert.is(await db.$count(printers, eq(printers.userId, userId)), 1)
  for (const { body } of [first, second]) {
    assert.is((await api.ask('POST', '/api/printers/refresh-token', { token: body.printer_token })).status, 200)
  }
  assert.is(
    codeOf(await post('/api/register-printer', 'k', { ...registration, name: 'Other' })),
    'idempotency_key_reused',
  )
})

test('no token lies in the database', async () => {
  const { userId, post } = await newPerson()
  const { body } = await post('/api/register-printer', 'k', registration)
  const [row] = await db.select().from(idempotencyKeys).where(eq(idempotencyKeys.userId, userId))
  assert.equal([row?.status, row?.response], [null, null])
  assert.not.ok(JSON.stringify(row).includes(body.printer_token))
})

test('a printer that was removed is not registered again by its key', async () => {
  const { token, post } = await newPerson()
  const { body } = await post('/api/register-printer', 'k', registration)
  await api.ask('DELETE', `/api/printers/${body.printer_id}`, { token })
  assert.is(codeOf(await post('/api/register-printer', 'k', registration)), 'not_found')
  assert.is((await post('/api/register-printer', 'k2', registration)).status, 201)
})

test('a printer’s key is not its owner’s, and a removed printer gets no old answers', async () => {
  const { purchaseId, printerId, userId } = await makePrepared(market, 2)
  const { token: mine } = await ctx.tokens.forUser(userId, 'enthusiast')
  const { token: its } = await ctx.tokens.forPrinter(printerId, userId, 1)
  const print = (token: string) =>
    api.ask('POST', '/api/print', { token, body: { purchase_id: purchaseId }, headers: { 'idempotency-key': 'k' } })
  const [one, two] = [await print(mine), await print(its)]
  assert.equal([one.status, two.status], [202, 202])
  assert.is.not(one.body.print_job_id, two.body.print_job_id)
  await db.update(printers).set({ status: 'revoked' }).where(eq(printers.printerId, printerId))
  assert.is(codeOf(await print(its)), 'printer_revoked')
})

test('keys that are none are refused with a code', async () => {
  const { post } = await newPerson()
  const bad = ['', ' ', 'two words', 'x'.repeat(201), 'schlüssel', 'tab\there']
  for (const key of bad) assert.is(codeOf(await post('/api/register-printer', key, registration)), 'invalid_input', key)
  const good = ['x'.repeat(200), '"8e03978e-40d5-43dd-bc93-6894a57f9324"', '~!@#$%^&*()_+{}|:<>?']
  for (const key of good) assert.is((await post('/api/register-printer', key, registration)).status, 201, key)
})

test('a request that was refused as wrong may be mended under the same key', async () => {
  const { post } = await newPerson()
  assert.is(codeOf(await post('/api/register-printer', 'k', { ...registration, name: '' })), 'invalid_input')
  assert.is((await post('/api/register-printer', 'k', registration)).status, 201)
})

test('callers without a log-in cannot use a key', async () => {
  const answer = await api.ask('POST', '/api/print', { body: {}, headers: { 'idempotency-key': 'k' } })
  assert.equal([answer.status >= 400, answer.headers.get('idempotency-replayed')], [true, null])
})

test('a print that was asked for once more, whenever the first process died, is one job and one right', async () => {
  const { purchaseId, user } = await makePrepared(market, 100)
  let count = 0
  await atEveryStep(
    ctx,
    (mortal, step) =>
      requestPrint({ ...mortal, actor: user.actor }, { purchase_id: purchaseId }, `${purchaseId} ${step}`),
    async step => {
      const again = await requestPrint(user, { purchase_id: purchaseId }, `${purchaseId} ${step}`)
      count += 1
      assert.is(await db.$count(printJobs, eq(printJobs.purchaseId, purchaseId)), count)
      const [purchase] = await db.select().from(purchases).where(eq(purchases.purchaseId, purchaseId))
      assert.equal([again.status, purchase?.printsReserved], ['queued', count])
    },
  )
})

test('the last right, asked for twice at once under one operation, is the same job for both', async () => {
  for (let round = 0; round < 5; round++) {
    const { purchaseId, user } = await makePrepared(market, 1)
    const print = () => requestPrint(user, { purchase_id: purchaseId }, purchaseId)
    const [one, two] = await Promise.all([print(), print()])
    assert.is(one.print_job_id, two.print_job_id)
  }
})

test('a preparation, a printer and a profile are made once, whenever the process died', async () => {
  const settings = { machine_settings: {}, process_settings: {}, filament: {} }
  const makeOwn = async () => {
    const prepared = await makePrepared(market, 3)
    const [profile] = await db.select().from(printProfiles).where(eq(printProfiles.userId, prepared.userId))
    const order = {
      user_id: prepared.userId,
      purchase_id: prepared.purchaseId,
      print_profile_id: profile!.printProfileId,
      storage_currency: 'hbar' as const,
      print_immediately: false,
      printer_id: prepared.printerId,
    }
    return { ...prepared, order }
  }
  type Own = Awaited<ReturnType<typeof makeOwn>>
  const verbs: Record<string, (as: Context, operation: string, mine: Own) => Promise<unknown>> = {
    prepare: (as, operation, { order }) => prepare(as, order, operation),
    register: (as, operation) => registerPrinter(as, registration, operation),
    profile: (as, operation) => createProfile(as, { name: 'PLA', ...settings }, operation),
  }
  const rowsOf = async ({ userId, purchaseId }: Own) => [
    await db.$count(preparations, eq(preparations.purchaseId, purchaseId)),
    await db.$count(printers, eq(printers.userId, userId)),
    await db.$count(printProfiles, eq(printProfiles.userId, userId)),
  ]
  for (const [name, verb] of Object.entries(verbs)) {
    let mine = await makeOwn()
    await atEveryStep(
      ctx,
      mortal => verb({ ...mortal, actor: mine.user.actor }, mine.userId, mine),
      async () => {
        await verb(mine.user, mine.userId, mine)
        await verb(mine.user, mine.userId, mine)
        const rows = await rowsOf(mine)
        assert.is(
          rows.reduce((sum, one) => sum + one),
          4,
          `${name}: ${rows}`,
        )
        mine = await makeOwn()
      },
    )
    await Promise.all(Array.from({ length: 5 }, () => verb(mine.user, mine.userId, mine)))
    assert.is(
      (await rowsOf(mine)).reduce((sum, one) => sum + one),
      4,
      `${name}, five at once`,
    )
  }
})

test('a prepare that comes twice sends the slicer one job', async () => {
  const { userId, purchaseId, printerId } = await makePrepared(market, 3)
  const { token } = await ctx.tokens.forUser(userId, 'enthusiast')
  const [profile] = await db.select().from(printProfiles).where(eq(printProfiles.userId, userId))
  const body = {
    user_id: userId,
    purchase_id: purchaseId,
    print_profile_id: profile!.printProfileId,
    storage_currency: 'hbar',
    print_immediately: false,
    printer_id: printerId,
  }
  const ask = () => api.ask('POST', '/api/prepare', { token, body, headers: { 'idempotency-key': 'k' } })
  const [one, two] = [await ask(), await ask()]
  assert.equal([one.status, two.body], [202, one.body])
  const jobs = await db.select().from(outbox).where(eq(outbox.purchaseId, purchaseId))
  assert.is(jobs.filter(row => row.channel === 'slicing-jobs').length, 1)
})

test('keys are forgotten after a day, and not before', async () => {
  const people = [await newPerson(), await newPerson()]
  await people[0]!.post('/api/register-printer', 'k', registration)
  clock.pass(23 * 3600_000)
  await people[1]!.post('/api/register-printer', 'k', registration)
  const asService = { token: 'service-scheduler' }
  assert.is((await api.ask('POST', '/internal/tick', asService)).status, 204)
  const kept = inArray(
    idempotencyKeys.userId,
    people.map(person => person.userId),
  )
  assert.is(await db.$count(idempotencyKeys, kept), 2)
  clock.pass(2 * 3600_000)
  await api.ask('POST', '/internal/tick', asService)
  assert.is(await db.$count(idempotencyKeys, kept), 1)
})

test.run()
