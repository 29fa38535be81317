/** What a purchase's owner is told of its preparations, and where its printer downloads them. */
import { Readable } from 'node:stream'
import { eq } from 'drizzle-orm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Context } from '../../../../bff/context.ts'
import { prepareStatus } from '../../../../bff/services/preparation/status.ts'
import { claimPrintJob } from '../../../../bff/services/print-job/claim.ts'
import { requestPrint } from '../../../../bff/services/print-job/request.ts'
import { preparations, printers } from '../../../../schema/db/bff/index.ts'
import type { PreparationStatus } from '../../../../schema/http/preparations.ts'
import { codeOf, makeApi } from '../../../make/api.ts'
import { makeContext } from '../../../make/market.ts'
import { makePreparation, makePrepared, makePrinter, makeProfile, type Prepared } from '../../../make/prepared.ts'

const test = suite('prepare-status')
const bytes = Buffer.from('0123456789')
let reads = 0
const read = (_uri: string, range?: { start: number; end: number }) => {
  reads++
  return Readable.from([bytes.subarray(range?.start, (range?.end ?? 9) + 1)])
}
const market = await makeContext({ bucket: { read } as Partial<Context['bucket']> as Context['bucket'], wakes: true })
const api = await makeApi(market)
test.after(async () => {
  await api.close()
  await market.close()
})

const { db } = market
const claim = ({ printer }: Prepared) => claimPrintJob(printer, 'boot-nonce-of-the-test', 0, AbortSignal.timeout(5000))
const setStatus = (preparationId: string, status: PreparationStatus) =>
  db.update(preparations).set({ status, gcodeSize: bytes.length }).where(eq(preparations.preparationId, preparationId))

/** One purchase, prepared for its first printer, and later for a second one. */
async function preparedTwice() {
  const own = await makePrepared(market, 3)
  market.clock.pass(1000)
  const printerId = await makePrinter(market, own.userId)
  const profileId = await makeProfile(market, own.userId)
  const newer = await makePreparation(market, { purchaseId: own.purchaseId, printerId, profileId })
  await setStatus(newer, 'in_progress')
  const printFirst = () => requestPrint(own.user, { purchase_id: own.purchaseId, printer_id: own.printerId })
  return { own, newer, printFirst }
}

test('a print is shown while a newer preparation is made, and that one beside it', async () => {
  const { own, newer, printFirst } = await preparedTwice()
  const { print_job_id } = await printFirst()
  await claim(own)
  const status = await prepareStatus(own.user, own.purchaseId)
  assert.equal(
    [status.status, status.preparation_id, status.print_status, status.print_job_id],
    ['printing', own.preparationId, 'claimed', print_job_id],
  )
  assert.is(status.newer_preparation?.preparation_id, newer)
  assert.is(status.newer_preparation?.status, 'in_progress')
})

test('a print that waits for its printer is told, and does not hide the newest preparation', async () => {
  const { own, newer, printFirst } = await preparedTwice()
  const { print_job_id } = await printFirst()
  const status = await prepareStatus(own.user, own.purchaseId)
  assert.equal(
    [status.status, status.preparation_id, status.print_status, status.print_job_id],
    ['in_progress', newer, 'queued', print_job_id],
  )
  assert.is(status.newer_preparation, null)
})

test('a HEAD of a download answers with its size and range, and reads nothing from the bucket', async () => {
  const own = await makePrepared(market)
  await setStatus(own.preparationId, 'completed')
  const path = `/api/print/download-gcode?preparation_id=${own.preparationId}`
  const { token } = await market.ctx.tokens.forPrinter(own.printerId, own.userId, 1)
  const before = reads
  assert.is((await api.ask('HEAD', path, { token })).status, 200)
  const part = await api.ask('HEAD', path, { token, headers: { range: 'bytes=2-4' } })
  assert.equal([part.status, part.headers.get('content-range')], [206, 'bytes 2-4/10'])
  assert.is(reads, before)
  assert.is((await api.ask('GET', path, { token })).body, '0123456789')
  assert.is(reads, before + 1)
})

test('a finished slice has an address at once, and its printer downloads it without a print job', async () => {
  const own = await makePrepared(market)
  await setStatus(own.preparationId, 'completed')
  const status = await prepareStatus(own.user, own.purchaseId)
  assert.is(status.gcode_file_url, status.gcode_download_url_proxy)
  const { pathname, search } = new URL(status.gcode_file_url ?? '')
  const { token } = await market.ctx.tokens.forPrinter(own.printerId, own.userId, 1)
  const whole = await api.ask('GET', pathname + search, { token })
  assert.equal([whole.status, whole.body], [200, '0123456789'])
  const part = await api.ask('GET', pathname + search, { token, headers: { range: 'bytes=2-4' } })
  assert.equal([part.status, part.body, part.headers.get('content-range')], [206, '234', 'bytes 2-4/10'])
})

test('nobody else downloads it, and nobody what is not, or no more, there', async () => {
  const own = await makePrepared(market)
  const other = await makePrepared(market)
  const path = `/api/print/download-gcode?preparation_id=${own.preparationId}`
  const tokenOf = async (of: Prepared) => (await market.ctx.tokens.forPrinter(of.printerId, of.userId, 1)).token
  const person = (await market.ctx.tokens.forUser(own.userId, 'enthusiast')).token
  assert.is(codeOf(await api.ask('GET', path)), 'unauthenticated')
  assert.is(codeOf(await api.ask('GET', path, { token: person })), 'forbidden')
  assert.is(codeOf(await api.ask('GET', path, { token: await tokenOf(other) })), 'forbidden')
  const ended: [PreparationStatus, string][] = [
    ['in_progress', 'not_prepared'],
    ['failed', 'not_prepared'],
    ['expired', 'gcode_expired'],
  ]
  for (const [state, code] of ended) {
    await setStatus(own.preparationId, state)
    assert.is(codeOf(await api.ask('GET', path, { token: await tokenOf(own) })), code)
    assert.is((await prepareStatus(own.user, own.purchaseId)).gcode_file_url, null)
  }
  const both = `${path}&job_id=job_${'0'.repeat(16)}`
  for (const query of [both, '/api/print/download-gcode']) {
    assert.is(codeOf(await api.ask('GET', query, { token: await tokenOf(own) })), 'invalid_input')
  }
  await db.update(printers).set({ status: 'revoked' }).where(eq(printers.printerId, own.printerId))
  assert.is(codeOf(await api.ask('GET', path, { token: await tokenOf(own) })), 'printer_revoked')
})

test.run()
