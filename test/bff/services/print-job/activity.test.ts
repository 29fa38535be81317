import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { claimPrintJob } from '../../../../bff/services/print-job/claim.ts'
import { listPrintJobs } from '../../../../bff/services/print-job/list.ts'
import { recordProgress } from '../../../../bff/services/print-job/progress.ts'
import { reportOutcome } from '../../../../bff/services/print-job/report.ts'
import { requestPrint } from '../../../../bff/services/print-job/request.ts'
import { printerActivities, progressRequest } from '../../../../schema/http/print-jobs.ts'
import { makeContext } from '../../../make/market.ts'
import { makePrepared } from '../../../make/prepared.ts'

const test = suite('what the printer does, in the answer of its job')
const boot = 'boot-nonce-of-one-edge'

test("a job's answer has the printer's last reported activity, and none after the job has ended", async () => {
  const market = await makeContext({ startAt: new Date('2026-11-22T10:00:00Z'), wakes: true })
  try {
    const own = await makePrepared(market)
    const { purchaseId: purchase_id, userId: user_id } = own
    const { print_job_id } = await requestPrint(own.user, { purchase_id })
    const told = async () => {
      const job = (await listPrintJobs(own.user, { limit: 10 })).print_jobs[0]
      return [job?.printer_state, job?.printer_message]
    }
    const tell = (fields: object) =>
      recordProgress(
        own.printer,
        print_job_id,
        progressRequest.parse({ boot_nonce: boot, progress: 0.5, is_printing: true, ...fields }),
      )
    assert.equal(await told(), [null, null])
    await claimPrintJob(own.printer, boot, 0, new AbortController().signal)
    for (const printer_state of printerActivities) {
      await tell({ printer_state })
      assert.equal(await told(), [printer_state, null])
    }
    const printer_message = 'The printer did not resume the print: Must home axis first.'
    await tell({ printer_state: 'paused_by_marketplace', printer_message })
    assert.equal(await told(), ['paused_by_marketplace', printer_message])
    await tell({})
    assert.equal(await told(), [null, null], 'an earlier edge, or a printer that is not there, says nothing')
    await tell({ printer_state: 'paused_at_printer', printer_message })
    await reportOutcome(own.printer, { user_id, purchase_id, print_job_id, status: 'success' })
    assert.equal(await told(), [null, null])
  } finally {
    await market.close()
  }
})

test.run()
