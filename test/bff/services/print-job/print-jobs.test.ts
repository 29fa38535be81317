import { eq } from 'drizzle-orm'
import * as assert from 'uvu/assert'
import { cancelPrintJob } from '../../../../bff/services/print-job/cancel.ts'
import { claimPrintJob } from '../../../../bff/services/print-job/claim.ts'
import { expirePrintJobs } from '../../../../bff/services/print-job/expire.ts'
import { grantKey } from '../../../../bff/services/print-job/key-grant.ts'
import { listPrintJobs } from '../../../../bff/services/print-job/list.ts'
import { recordProgress } from '../../../../bff/services/print-job/progress.ts'
import { requestPrint } from '../../../../bff/services/print-job/request.ts'
import { removePrinter } from '../../../../bff/services/printer/remove.ts'
import { outbox, printers, printJobs } from '../../../../schema/db/bff/index.ts'
import { refusal } from '../../../make/errors.ts'
import { makePreparation, makePrepared, makePrinter, printerContext } from '../../../make/prepared.ts'
import { boot, claim, never, print, printJobsSuite, report, rights } from '../../../make/print-jobs.ts'

const test = printJobsSuite('print jobs')

test('a print that succeeds uses one right', async world => {
  const own = await makePrepared(world.market, 2)
  const { print_job_id } = await print(own)
  assert.equal(await rights(world, own), { used: 0, reserved: 1, attempts: 0 })
  const job = await claim(own)
  assert.is(job?.print_job_id, print_job_id)
  await recordProgress(own.printer, print_job_id, { boot_nonce: boot, progress: 0.5, is_printing: true })
  const outcome = await report(own, print_job_id, 'success')
  assert.is(outcome.print_outcome, 'success')
  assert.equal(await rights(world, own), { used: 1, reserved: 0, attempts: 0 })
})

test('a job tells since when its printer is silent', async world => {
  const { clock } = world.market
  const own = await makePrepared(world.market)
  const { print_job_id } = await print(own)
  const lastWord = async () => (await listPrintJobs(own.user, { limit: 1 })).print_jobs[0]!.last_word_at
  assert.is(await lastWord(), null)
  await claim(own)
  assert.ok(await lastWord())
  clock.pass(1000)
  await recordProgress(own.printer, print_job_id, { boot_nonce: boot, progress: 0.5, is_printing: true })
  const told = await lastWord()
  clock.pass(3600_000)
  await cancelPrintJob(own.user, print_job_id)
  assert.is(await lastWord(), told)
  assert.ok(clock.now().getTime() - Date.parse(told!) >= 3600_000)
})

test('a print that fails gives the right back', async world => {
  const own = await makePrepared(world.market)
  const { print_job_id } = await print(own)
  await claim(own)
  await report(own, print_job_id, 'failure', 'Move out of range')
  assert.equal(await rights(world, own), { used: 0, reserved: 0, attempts: 1 })
  await print(own)
})

test('one right and a thousand requests at once make exactly one job', async world => {
  const own = await makePrepared(world.market)
  const results = await Promise.allSettled(Array.from({ length: 1000 }, () => print(own)))
  const made = results.filter(result => result.status === 'fulfilled')
  assert.is(made.length, 1)
  const codes = new Set(results.flatMap(result => (result.status === 'rejected' ? [result.reason.code] : [])))
  assert.equal([...codes], ['no_rights_left'])
  assert.is((await world.market.db.select().from(printJobs)).length, 1)
  assert.is((await world.market.db.select().from(outbox)).length, 1)
  assert.equal(await rights(world, own), { used: 0, reserved: 1, attempts: 0 })
})

test('nothing is queued for a printer that is removed meanwhile, and it is removed once', async world => {
  for (let round = 0; round < 5; round++) {
    const own = await makePrepared(world.market)
    const remove = () => removePrinter(own.user, own.printerId, { force: true })
    const [first, second] = await Promise.allSettled([remove(), remove(), print(own), print(own)])
    assert.is([first, second].filter(result => result?.status === 'fulfilled').length, 1)
    const jobs = await world.market.db.select().from(printJobs).where(eq(printJobs.printerId, own.printerId))
    assert.ok(jobs.every(job => job.status === 'cancelled'))
    assert.is((await rights(world, own)).reserved, 0)
  }
})

test('cancelling a queued job ends it at once and gives the right back', async world => {
  const own = await makePrepared(world.market)
  const { print_job_id } = await print(own)
  const job = await cancelPrintJob(own.user, print_job_id)
  assert.is(job.status, 'cancelled')
  assert.equal(await rights(world, own), { used: 0, reserved: 0, attempts: 0 })
  await refusal('job_ended', () => cancelPrintJob(own.user, print_job_id))
})

test('cancelling an active job asks the printer, whose report decides', async world => {
  const own = await makePrepared(world.market)
  const { print_job_id } = await print(own)
  await claim(own)
  assert.is((await cancelPrintJob(own.user, print_job_id)).cancel_requested, true)
  const word = await recordProgress(own.printer, print_job_id, { boot_nonce: boot, progress: 1, is_printing: true })
  assert.equal(word, { status: 'printing', cancel_requested: true, pause_requested: false })
  await report(own, print_job_id, 'success')
  assert.is((await rights(world, own)).used, 1)
})

test('a job whose G-code expired before it began is ended and costs nothing', async world => {
  const own = await makePrepared(world.market)
  await print(own)
  world.market.clock.pass(25 * 3600_000)
  assert.is(await claim(own), null)
  assert.is(await expirePrintJobs(own.user), 1)
  assert.equal(await rights(world, own), { used: 0, reserved: 0, attempts: 0 })
  await refusal('gcode_expired', () => print(own))
})

test('too many attempts in a row lock the purchase', async world => {
  const own = await makePrepared(world.market)
  for (let attempt = 0; attempt < 5; attempt++) {
    const { print_job_id } = await print(own)
    await claim(own)
    await report(own, print_job_id, 'failure')
  }
  await refusal('attempts_exhausted', () => print(own))
})

test('with several printers prepared the caller must say which', async world => {
  const own = await makePrepared(world.market, 2)
  const printerId = await makePrinter(world.market, own.userId)
  const [preparation] = await world.market.sql`SELECT print_profile_id FROM preparations`
  const profileId = String(preparation!.print_profile_id)
  await makePreparation(world.market, { purchaseId: own.purchaseId, printerId, profileId })
  await refusal('printer_required', () => print(own))
  const job = await requestPrint(own.user, { purchase_id: own.purchaseId, printer_id: printerId })
  assert.is(job.printer_id, printerId)
})

test('a printer may reprint what was prepared for it, unless its owner forbids it', async world => {
  const own = await makePrepared(world.market, 2)
  const job = await requestPrint(own.printer, { purchase_id: own.purchaseId })
  assert.is(job.printer_id, own.printerId)
  await world.market.db.update(printers).set({ printerMayPrint: false })
  await refusal('forbidden', () => requestPrint(own.printer, { purchase_id: own.purchaseId }))
})

test("users and printers cannot use each other's purchases and print jobs", async world => {
  const own = await makePrepared(world.market)
  const stranger = await makePrepared(world.market)
  const { print_job_id } = await print(own)
  await refusal('forbidden', () => requestPrint(stranger.user, { purchase_id: own.purchaseId }))
  await refusal('forbidden', () => requestPrint(own.user, { purchase_id: own.purchaseId, user_id: stranger.userId }))
  await refusal('forbidden', () => cancelPrintJob(stranger.user, print_job_id))
  await refusal('forbidden', () => report(stranger, print_job_id, 'success'))
  await refusal('forbidden', () => grantKey(stranger.printer, print_job_id, boot))
  await refusal('forbidden', () => claimPrintJob(own.user, boot, 0, never))
  await refusal('forbidden', () => requestPrint(stranger.printer, { purchase_id: own.purchaseId }))
})

test('a printer with an active job is removed by force only, and its token is dead at once', async world => {
  const own = await makePrepared(world.market)
  const { print_job_id } = await print(own)
  await claim(own)
  await refusal('printer_busy', () => removePrinter(own.user, own.printerId, { force: false }))
  await removePrinter(own.user, own.printerId, { force: true })
  const [job] = await world.market.db.select().from(printJobs).where(eq(printJobs.printJobId, print_job_id))
  assert.is(job!.status, 'failure')
  assert.is((await rights(world, own)).reserved, 0)
  await refusal('printer_revoked', () => claim(own))
  await refusal('printer_revoked', () => report(own, print_job_id, 'success'))
  const revived = printerContext(world.market, own.printerId, own.userId)
  await refusal('printer_revoked', () => claimPrintJob(revived, boot, 0, never))
})

test.run()
