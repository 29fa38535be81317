/** Every refusal names the state of the print job. */
import { eq } from 'drizzle-orm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { cancelPrintJob } from '../../../../bff/services/print-job/cancel.ts'
import { grantKey } from '../../../../bff/services/print-job/key-grant.ts'
import { pausePrintJob } from '../../../../bff/services/print-job/pause.ts'
import { recordProgress } from '../../../../bff/services/print-job/progress.ts'
import { reportOutcome } from '../../../../bff/services/print-job/report.ts'
import { requestPrint } from '../../../../bff/services/print-job/request.ts'
import { printJobs } from '../../../../schema/db/bff/index.ts'
import { AppError } from '../../../../schema/http/errors.ts'
import type { JobStatus } from '../../../../schema/http/print-jobs.ts'
import { makeContext } from '../../../make/market.ts'
import { makePrepared } from '../../../make/prepared.ts'

const test = suite('the words of refusals')
const market = await makeContext()
test.after(market.close)

const boot = 'boot-nonce-of-the-test'
const own = await makePrepared(market, 1)
const { print_job_id: jobId } = await requestPrint(own.user, { purchase_id: own.purchaseId })
const verbs = {
  cancel: () => cancelPrintJob(own.user, jobId),
  pause: () => pausePrintJob(own.user, jobId),
  key: () => grantKey(own.printer, jobId, boot),
  progress: () => recordProgress(own.printer, jobId, { boot_nonce: boot, progress: 0.5, is_printing: true }),
  report: () =>
    reportOutcome(own.printer, {
      user_id: own.userId,
      purchase_id: own.purchaseId,
      print_job_id: jobId,
      status: 'success',
    }),
}
type Verb = keyof typeof verbs
const owner: Verb[] = ['cancel', 'pause']
const table: { status: JobStatus; heldBy: string | null; refused: Verb[]; words: RegExp }[] = [
  { status: 'queued', heldBy: null, refused: ['key', 'progress', 'report'], words: /is queued/ },
  { status: 'queued', heldBy: null, refused: ['pause'], words: /has not started, so there is nothing to pause/ },
  { status: 'claimed', heldBy: 'another', refused: ['key', 'progress'], words: /is held by a previous run/ },
  { status: 'cancelled', heldBy: null, refused: [...owner, 'key', 'report'], words: /has ended as cancelled/ },
  { status: 'failure', heldBy: boot, refused: [...owner, 'key'], words: /has ended as failure/ },
  { status: 'expired', heldBy: 'another', refused: [...owner, 'key', 'progress'], words: /has ended as expired/ },
]

for (const { status, heldBy, refused, words } of table) {
  test(`${status}, ${heldBy === null ? 'held by nobody' : `held by ${heldBy}`}: ${refused.join(', ')}`, async () => {
    const { db } = market
    await db.update(printJobs).set({ status, bootNonce: heldBy }).where(eq(printJobs.printJobId, jobId))
    for (const verb of refused) {
      const error: unknown = await verbs[verb]().then(
        () => null,
        reason => reason,
      )
      assert.instance(error, AppError, verb)
      assert.match((error as AppError).message, words)
      assert.match((error as AppError).message, jobId)
    }
  })
}

test.run()
