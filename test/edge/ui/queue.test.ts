import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { waitingOf } from '../../../edge/ui/screens/print/waiting.ts'
import type { HistoryEntry } from '../../../schema/page/index.ts'

const test = suite("the queue on the printer's page")

test('a print that the printer already has is not among those that can be moved', () => {
  const jobs = ['printing', 'queued', 'queued'].map((status, number) => ({ status, print_job_id: `job_${number}` }))
  assert.equal(
    waitingOf(jobs as HistoryEntry[]).map(({ print_job_id }) => print_job_id),
    ['job_1', 'job_2'],
  )
})

test.run()
