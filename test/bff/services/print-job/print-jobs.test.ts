import { eq } from 'drizzle-orm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { cancelPrintJob } from '../../../../bff/services/print-job/cancel.ts'
import { claimPrintJob } from '../../../../bff/services/print-job/claim.ts'
import { expirePrintJobs } from '../../../../bff/services/print-job/expire.ts'
import { unprintedLimit } from '../../../../bff/services/print-job/internal.ts'
import { grantKey } from '../../../../bff/services/print-job/key-grant.ts'
import { listPrintJobs } from '../../../../bff/services/print-job/list.ts'
import { recordProgress } from '../../../../bff/services/print-job/progress.ts'
import { reportOutcome } from '../../../../bff/services/print-job/report.ts'
import { requestPrint } from '../../../../bff/services/print-job/request.ts'
import { removePrinter } from '../../../../bff/services/printer/remove.ts'
import { startWake } from '../../../../bff/wake.ts'
import { outbox, printers, printJobs, purchases } from '../../../../schema/db/bff/index.ts'
import type { ErrorCode } from '../../../../schema/http/errors.ts'
import { AppError } from '../../../../schema/http/errors.ts'
import { whileHeld } from '../../../make/held.ts'
import { makeContext, type TestContext } from '../../../make/market.ts'
import { makePreparation, makePrepared, makePrinter, type Prepared, printerContext } from '../../../make/prepared.ts'

const boot = 'boot-nonce-of-one-edge'
const otherBoot = 'boot-nonce-of-a-clone'
const never = new AbortController().signal

interface World {
  market: TestContext
}
const test = suite<World>('print jobs')

test.before.each(async world => {
  const market = await makeContext({ startAt: new Date('2026-11-22T10:00:00Z') })
  market.ctx.wake = await startWake(market.sql)
  world.market = market
})
test.after.each(async ({ market }) => {
  await market.ctx.wake.close()
  await market.close()
})

const print = (own: Prepared) => requestPrint(own.user, { purchase_id: own.purchaseId })
const claim = (own: Prepared, nonce = boot, waitMs = 0) => claimPrintJob(own.printer, nonce, waitMs, never)
const report = (own: Prepared, jobId: string, status: 'success' | 'failure', error?: string) =>
  reportOutcome(own.printer, {
    user_id: own.userId,
    purchase_id: own.purchaseId,
    print_job_id: jobId,
    status,
    ...(error ? { error } : {}),
  })

async function rights({ market }: World, { purchaseId }: Prepared) {
  const [row] = await market.db.select().from(purchases).where(eq(purchases.purchaseId, purchaseId))
  return { used: row!.printsUsed, reserved: row!.printsReserved, attempts: row!.attempts }
}

async function refused(code: ErrorCode, work: Promise<unknown>): Promise<void> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  )
  assert.instance(error, AppError)
  assert.is((error as AppError).code, code)
}

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

test('a poll that waits is woken by the job', async world => {
  const own = await makePrepared(world.market)
  const poll = claim(own, boot, 10_000)
  const started = Date.now()
  await print(own)
  const job = await poll
  assert.is(job?.purchase_id, own.purchaseId)
  assert.ok(Date.now() - started < 5000, 'woken, not timed out')
})

test('a poll without a job answers nothing when its time is over, or the service stops', async world => {
  const own = await makePrepared(world.market)
  assert.is(await claim(own, boot, 50), null)
  const poll = claim(own, boot, 60_000)
  setTimeout(() => world.market.ctx.wake.endWaits(), 20)
  assert.is(await poll, null)
})

test('two polls of one printer at once get one job', async world => {
  const own = await makePrepared(world.market, 3)
  await print(own)
  await print(own)
  const jobs = await Promise.all([claim(own), claim(own), claim(own)])
  const ids = new Set(jobs.flatMap(job => (job ? [job.print_job_id] : [])))
  assert.is(ids.size, 1)
  const active = await world.market.db.select().from(printJobs).where(eq(printJobs.status, 'claimed'))
  assert.is(active.length, 1)
})

test('an active job is given again to its own boot, and to a clone only after the lease', async world => {
  const own = await makePrepared(world.market)
  const { print_job_id } = await print(own)
  await claim(own)
  assert.is((await claim(own))?.print_job_id, print_job_id)
  await refused('job_claimed_elsewhere', claim(own, otherBoot))
  const word = { boot_nonce: otherBoot, progress: 0, is_printing: false }
  await refused('job_claimed_elsewhere', recordProgress(own.printer, print_job_id, word))
  await refused('job_claimed_elsewhere', grantKey(own.printer, print_job_id, otherBoot))
  world.market.clock.pass(61_000)
  assert.is((await claim(own, otherBoot))?.print_job_id, print_job_id)
  await refused('job_claimed_elsewhere', claim(own, boot))
})

test('a word of the old boot that comes in the middle of a takeover does nothing to the job', async world => {
  const { sql, db } = world.market
  const own = await makePrepared(world.market)
  const { print_job_id: id } = await print(own)
  const words = {
    'runs lines': () => recordProgress(own.printer, id, { boot_nonce: boot, progress: 0.5, is_printing: true }),
    'is alive': () => recordProgress(own.printer, id, { boot_nonce: boot, progress: 0.5, is_printing: false }),
    'wants the key': () => grantKey(own.printer, id, boot),
  }
  for (const [what, say] of Object.entries(words)) {
    await db.update(printJobs).set({ status: 'claimed', bootNonce: boot, keysGranted: 1, leaseUntil: null })
    const takeOver = `UPDATE print_jobs SET boot_nonce = '${otherBoot}' WHERE print_job_id = '${id}'`
    const [answer] = await whileHeld<unknown>(sql, tx => tx.unsafe(takeOver), [say])
    assert.is(answer?.status === 'rejected' && answer.reason.code, 'job_claimed_elsewhere', what)
    const [job] = await db.select().from(printJobs)
    assert.equal([job!.status, job!.progress, job!.leaseUntil, job!.keysGranted], ['claimed', 0, null, 1], what)
  }
})

test('a poll while the report is on its way is never told of another start', async world => {
  const own = await makePrepared(world.market, 20)
  for (let round = 0; round < 10; round++) {
    const { print_job_id } = await print(own)
    await claim(own)
    const [, ...polls] = await Promise.all([report(own, print_job_id, 'success'), claim(own), claim(own), claim(own)])
    assert.ok(polls.every(job => job === null || job.print_job_id === print_job_id))
  }
})

test('the claim carries a grant for this printer’s key only', async world => {
  const own = await makePrepared(world.market)
  await print(own)
  const job = await claim(own)
  const claims = JSON.parse(Buffer.from(job!.cws_token.split('.')[1]!, 'base64url').toString())
  assert.equal(claims.contexts, [`printer:${own.printerId}`])
  assert.is(claims.aud, 'lmnt-cws')
  assert.is(claims.exp - claims.iat, 300)
  // One value under all the names that clients know it by.
  const { kek_encrypted_psek_for_gcode_encryption: psek, encrypted_psek, kek_id, gcode_dek } = job!
  assert.equal([encrypted_psek, kek_id], [psek, psek])
  assert.is(gcode_dek, job!.psek_encrypted_gcode_dek)
})

test('a late word of progress changes nothing of a job that has ended', async world => {
  const own = await makePrepared(world.market)
  const { print_job_id } = await print(own)
  await claim(own)
  await report(own, print_job_id, 'success')
  const word = await recordProgress(own.printer, print_job_id, { boot_nonce: boot, progress: 0.1, is_printing: false })
  assert.is(word.status, 'success')
  const [job] = await world.market.db.select().from(printJobs)
  assert.is(job!.progress, 1)
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

test('the same report again gets the same answer, another one is a conflict', async world => {
  const own = await makePrepared(world.market)
  const { print_job_id } = await print(own)
  await claim(own)
  const first = await report(own, print_job_id, 'success')
  assert.equal(await report(own, print_job_id, 'success'), first)
  await refused('outcome_conflict', report(own, print_job_id, 'failure'))
  assert.equal(await rights(world, own), { used: 1, reserved: 0, attempts: 0 })
  const events = await world.market.db.select().from(outbox).where(eq(outbox.channel, 'ledger'))
  assert.equal(
    events.map(event => event.type),
    ['model_print'],
  )
})

test('ten reports at once are one outcome', async world => {
  const own = await makePrepared(world.market)
  const { print_job_id } = await print(own)
  await claim(own)
  const kinds = Array.from({ length: 10 }, (_, index) => (index % 2 ? ('success' as const) : ('failure' as const)))
  const results = await Promise.allSettled(kinds.map(kind => report(own, print_job_id, kind)))
  assert.is(results.filter(result => result.status === 'fulfilled').length, 5)
  const { used, reserved } = await rights(world, own)
  assert.is(reserved, 0)
  assert.ok(used <= 1)
})

test('cancelling a queued job ends it at once and gives the right back', async world => {
  const own = await makePrepared(world.market)
  const { print_job_id } = await print(own)
  const job = await cancelPrintJob(own.user, print_job_id)
  assert.is(job.status, 'cancelled')
  assert.equal(await rights(world, own), { used: 0, reserved: 0, attempts: 0 })
  await refused('job_ended', cancelPrintJob(own.user, print_job_id))
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
  await refused('gcode_expired', print(own))
})

test('a success after days of silence uses a right if one is left, else is on record as an overrun', async world => {
  const own = await makePrepared(world.market, 1)
  const { print_job_id } = await print(own)
  await claim(own)
  await recordProgress(own.printer, print_job_id, { boot_nonce: boot, progress: 0.1, is_printing: true })
  world.market.clock.pass(8 * 24 * 3600_000)
  assert.is(await expirePrintJobs(own.user), 1)
  await world.market.db.update(purchases).set({ printsUsed: 1 }).where(eq(purchases.purchaseId, own.purchaseId))
  assert.is((await report(own, print_job_id, 'success')).print_outcome, 'print_overrun')
  assert.is((await report(own, print_job_id, 'success')).print_outcome, 'print_overrun')
  assert.is((await rights(world, own)).used, 1)
})

const cancelled = (own: Prepared, jobId: string, progress: number) =>
  reportOutcome(own.printer, {
    user_id: own.userId,
    purchase_id: own.purchaseId,
    print_job_id: jobId,
    status: 'failure',
    error: 'The print was cancelled at the printer.',
    stats: { reason: 'cancelled', progress },
  })

test('a print that is cancelled at the printer gives its right back, however far it was', async world => {
  const own = await makePrepared(world.market)
  const { print_job_id } = await print(own)
  await claim(own)
  assert.is((await cancelled(own, print_job_id, 1)).print_outcome, 'failure')
  assert.equal(await rights(world, own), { used: 0, reserved: 0, attempts: 1 })
})

test('where the operator counts late cancels as used, one past that point uses its right, and says so', async world => {
  world.market.ctx.settings.cancelledCountsFrom = 0.9
  const own = await makePrepared(world.market, 2)
  const early = await print(own)
  await claim(own)
  assert.is((await cancelled(own, early.print_job_id, 0.89)).print_outcome, 'failure')
  assert.equal(await rights(world, own), { used: 0, reserved: 0, attempts: 1 })

  const late = await print(own)
  await claim(own)
  // What the printer told while it printed counts, whatever its report says.
  await recordProgress(own.printer, late.print_job_id, { boot_nonce: boot, progress: 0.9, is_printing: true })
  const first = await cancelled(own, late.print_job_id, 0.1)
  assert.is(first.print_outcome, 'cancelled_used')
  assert.equal(await cancelled(own, late.print_job_id, 0.1), first)
  await refused('outcome_conflict', report(own, late.print_job_id, 'success'))
  assert.equal(await rights(world, own), { used: 1, reserved: 0, attempts: 0 })

  const [job] = await world.market.db.select().from(printJobs).where(eq(printJobs.printJobId, late.print_job_id))
  assert.is(job?.status, 'failure')
  assert.match(job?.error ?? '', 'it counts as used')
  const events = await world.market.db.select().from(outbox).where(eq(outbox.channel, 'ledger'))
  assert.equal(events.map(event => event.type).sort(), ['model_print', 'print_failure'])
  assert.match(events.find(event => event.type === 'model_print')?.eventText ?? '', 'cancelled at the printer')
})

test('a late cancel of a job that was given up uses a right only if one is left', async world => {
  world.market.ctx.settings.cancelledCountsFrom = 0.5
  const own = await makePrepared(world.market, 1)
  const { print_job_id } = await print(own)
  await claim(own)
  await recordProgress(own.printer, print_job_id, { boot_nonce: boot, progress: 0.6, is_printing: true })
  world.market.clock.pass(8 * 24 * 3600_000)
  await expirePrintJobs(own.user)
  await world.market.db.update(purchases).set({ printsUsed: 1 }).where(eq(purchases.purchaseId, own.purchaseId))
  const first = await cancelled(own, print_job_id, 0.7)
  assert.is(first.print_outcome, 'failure')
  assert.equal(await cancelled(own, print_job_id, 0.7), first)
  assert.is((await rights(world, own)).used, 1)
})

test('too many attempts in a row lock the purchase', async world => {
  const own = await makePrepared(world.market)
  for (let attempt = 0; attempt < 5; attempt++) {
    const { print_job_id } = await print(own)
    await claim(own)
    await report(own, print_job_id, 'failure')
  }
  await refused('attempts_exhausted', print(own))
})

/** A job that ends in a failure of which the printer says that no line was run. */
async function failUnprinted(own: Awaited<ReturnType<typeof makePrepared>>, isPrinting = false): Promise<void> {
  const { print_job_id } = await print(own)
  await claim(own)
  if (isPrinting) await recordProgress(own.printer, print_job_id, { boot_nonce: boot, progress: 0, is_printing: true })
  const ids = { user_id: own.userId, purchase_id: own.purchaseId, print_job_id }
  const stats = { reason: 'gcode_rejected', lines: 0 }
  await reportOutcome(own.printer, { ...ids, status: 'failure', error: 'No command START_PRINT.', stats })
}

test('a failure before the first line is no attempt, but for a printer that said it prints', async world => {
  const own = await makePrepared(world.market)
  for (let time = 0; time < 6; time++) await failUnprinted(own)
  assert.equal(await rights(world, own), { used: 0, reserved: 0, attempts: 0 })
  await failUnprinted(own, true)
  assert.equal(await rights(world, own), { used: 0, reserved: 0, attempts: 1 })
})

test('failures before the first line are bounded: the printer may lie about them', async world => {
  const own = await makePrepared(world.market)
  for (let time = 0; time < unprintedLimit; time++) await failUnprinted(own)
  assert.is((await rights(world, own)).attempts, 0)
  for (let attempt = 0; attempt < 5; attempt++) await failUnprinted(own)
  await refused('attempts_exhausted', print(own))
})

test('with several printers prepared the caller must say which', async world => {
  const own = await makePrepared(world.market, 2)
  const printerId = await makePrinter(world.market, own.userId)
  const [preparation] = await world.market.sql`SELECT print_profile_id FROM preparations`
  const profileId = String(preparation!.print_profile_id)
  await makePreparation(world.market, { purchaseId: own.purchaseId, printerId, profileId })
  await refused('printer_required', print(own))
  const job = await requestPrint(own.user, { purchase_id: own.purchaseId, printer_id: printerId })
  assert.is(job.printer_id, printerId)
})

test('a printer may reprint what was prepared for it, unless its owner forbids it', async world => {
  const own = await makePrepared(world.market, 2)
  const job = await requestPrint(own.printer, { purchase_id: own.purchaseId })
  assert.is(job.printer_id, own.printerId)
  await world.market.db.update(printers).set({ printerMayPrint: false })
  await refused('forbidden', requestPrint(own.printer, { purchase_id: own.purchaseId }))
})

test('what belongs to others stays theirs', async world => {
  const own = await makePrepared(world.market)
  const stranger = await makePrepared(world.market)
  const { print_job_id } = await print(own)
  await refused('forbidden', requestPrint(stranger.user, { purchase_id: own.purchaseId }))
  await refused('forbidden', requestPrint(own.user, { purchase_id: own.purchaseId, user_id: stranger.userId }))
  await refused('forbidden', cancelPrintJob(stranger.user, print_job_id))
  await refused('forbidden', report(stranger, print_job_id, 'success'))
  await refused('forbidden', grantKey(stranger.printer, print_job_id, boot))
  await refused('forbidden', claimPrintJob(own.user, boot, 0, never))
  await refused('forbidden', requestPrint(stranger.printer, { purchase_id: own.purchaseId }))
})

test('a printer with an active job is removed by force only, and its token is dead at once', async world => {
  const own = await makePrepared(world.market)
  const { print_job_id } = await print(own)
  await claim(own)
  await refused('printer_busy', removePrinter(own.user, own.printerId, { force: false }))
  await removePrinter(own.user, own.printerId, { force: true })
  const [job] = await world.market.db.select().from(printJobs).where(eq(printJobs.printJobId, print_job_id))
  assert.is(job!.status, 'failure')
  assert.is((await rights(world, own)).reserved, 0)
  await refused('printer_revoked', claim(own))
  await refused('printer_revoked', report(own, print_job_id, 'success'))
  const revived = printerContext(world.market, own.printerId, own.userId)
  await refused('printer_revoked', claimPrintJob(revived, boot, 0, never))
})

test.run()
