import { eq } from 'drizzle-orm'
import * as assert from 'uvu/assert'
import { expirePrintJobs } from '../../../../bff/services/print-job/expire.ts'
import { unprintedLimit } from '../../../../bff/services/print-job/internal.ts'
import { recordProgress } from '../../../../bff/services/print-job/progress.ts'
import { reportOutcome } from '../../../../bff/services/print-job/report.ts'
import { outbox, printJobs, purchases } from '../../../../schema/db/bff/index.ts'
import { refusal } from '../../../make/errors.ts'
import { makePrepared, type Prepared } from '../../../make/prepared.ts'
import { boot, claim, print, printJobsSuite, report, rights } from '../../../make/print-jobs.ts'

const test = printJobsSuite('outcomes of print jobs')

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

test('the same report again gets the same answer, another one is a conflict', async world => {
  const own = await makePrepared(world.market)
  const { print_job_id } = await print(own)
  await claim(own)
  const first = await report(own, print_job_id, 'success')
  assert.equal(await report(own, print_job_id, 'success'), first)
  await refusal('outcome_conflict', () => report(own, print_job_id, 'failure'))
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
  // The last progress report decides, not the final report.
  await recordProgress(own.printer, late.print_job_id, { boot_nonce: boot, progress: 0.9, is_printing: true })
  const first = await cancelled(own, late.print_job_id, 0.1)
  assert.is(first.print_outcome, 'cancelled_used')
  assert.equal(await cancelled(own, late.print_job_id, 0.1), first)
  await refusal('outcome_conflict', () => report(own, late.print_job_id, 'success'))
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
  await refusal('attempts_exhausted', () => print(own))
})

test.run()
