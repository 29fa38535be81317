import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { cancelPrintJob } from '../../../../bff/services/print-job/cancel.ts'
import { claimPrintJob } from '../../../../bff/services/print-job/claim.ts'
import { listPrintJobs } from '../../../../bff/services/print-job/list.ts'
import { pausePrintJob } from '../../../../bff/services/print-job/pause.ts'
import { recordProgress } from '../../../../bff/services/print-job/progress.ts'
import { reportOutcome } from '../../../../bff/services/print-job/report.ts'
import { requestPrint } from '../../../../bff/services/print-job/request.ts'
import { resumePrintJob } from '../../../../bff/services/print-job/resume.ts'
import { startWake } from '../../../../bff/wake.ts'
import { type ErrorCode, isAppError } from '../../../../schema/http/errors.ts'
import { makeContext, type TestContext } from '../../../make/market.ts'
import { makePrepared, type Prepared } from '../../../make/prepared.ts'

const boot = 'boot-nonce-of-one-edge'
const test = suite<{ market: TestContext; own: Prepared; jobId: string }>('pausing a print from the marketplace')

test.before.each(async world => {
  world.market = await makeContext({ startAt: new Date('2026-11-22T10:00:00Z') })
  world.market.ctx.wake = await startWake(world.market.database)
  world.own = await makePrepared(world.market)
  world.jobId = (await requestPrint(world.own.user, { purchase_id: world.own.purchaseId })).print_job_id
})
test.after.each(async ({ market }) => {
  await market.ctx.wake.close()
  await market.close()
})

const claim = (own: Prepared) => claimPrintJob(own.printer, boot, 0, new AbortController().signal)
const progress = (own: Prepared, jobId: string, isPrinting = true) =>
  recordProgress(own.printer, jobId, { boot_nonce: boot, progress: 0.5, is_printing: isPrinting })
const both = [pausePrintJob, resumePrintJob]

async function refused(code: ErrorCode, work: Promise<unknown>): Promise<void> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  )
  assert.ok(isAppError(error, code), `${code} was expected, not ${error}`)
}

test('the wish goes to the printer with its progress, and is taken back by resume', async ({ own, jobId }) => {
  await claim(own)
  assert.is((await progress(own, jobId)).pause_requested, false)
  assert.is((await pausePrintJob(own.user, jobId)).pause_requested, true)
  assert.equal(await progress(own, jobId), { status: 'printing', cancel_requested: false, pause_requested: true })
  assert.is((await listPrintJobs(own.user, { limit: 10 })).print_jobs[0]?.pause_requested, true)
  const resumed = await resumePrintJob(own.user, jobId)
  assert.is(resumed.pause_requested, false)
  assert.is(resumed.status, 'printing', 'a wish moves no state')
  assert.is((await progress(own, jobId)).pause_requested, false)
})

test('a printer that claims its job again hears of the wish at once', async ({ own, jobId }) => {
  assert.is((await claim(own))?.pause_requested, false)
  await pausePrintJob(own.user, jobId)
  assert.is((await claim(own))?.pause_requested, true)
  assert.is((await progress(own, jobId, false)).pause_requested, true, 'also before the lines run')
})

test('the same wish again changes nothing', async ({ own, jobId }) => {
  await claim(own)
  for (const verb of both) assert.equal(await verb(own.user, jobId), await verb(own.user, jobId))
})

test('a job in the queue cannot be paused, nor one that has ended', async ({ own, jobId }) => {
  for (const verb of both) await refused('job_not_printing', verb(own.user, jobId))
  assert.is((await claim(own))?.pause_requested, false, 'a refused wish leaves nothing behind')
  const { userId: user_id, purchaseId: purchase_id } = own
  await reportOutcome(own.printer, { user_id, purchase_id, print_job_id: jobId, status: 'success' })
  for (const verb of both) await refused('job_ended', verb(own.user, jobId))
})

test('one that was cancelled in the queue has ended', async ({ own, jobId }) => {
  await cancelPrintJob(own.user, jobId)
  for (const verb of both) await refused('job_ended', verb(own.user, jobId))
})

test('only the owner of the job may', async ({ market, own, jobId }) => {
  await claim(own)
  const stranger = await makePrepared(market)
  for (const verb of both) {
    await refused('forbidden', verb(stranger.user, jobId))
    await refused('forbidden', verb(own.printer, jobId))
    await refused('not_found', verb(own.user, `job_${'0'.repeat(26)}`))
  }
  assert.is((await progress(own, jobId)).pause_requested, false)
})

test.run()
