import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { changedParts, listsToAskAgain } from '../../../edge/web/events/differences.ts'
import type { PageState } from '../../../schema/page/state.ts'

const test = suite('what a page is told about a change')

type Parts = Pick<PageState, 'registration' | 'job' | 'reports'>
const nothing = { registration: { printer_id: null }, job: null, reports: [] } as unknown as PageState
const stateWith = (parts: { [Name in keyof Parts]?: unknown }) => ({ ...nothing, ...parts }) as PageState
const report = (print_job_id: string) => ({ print_job_id, status: 'success', state: 'waiting', problem: null })
const withReports = (...ids: string[]) => stateWith({ reports: ids.map(report) })

test('a report that was sent changes the lists, also when another one comes at the same time', () => {
  const lists = ['queue', 'history', 'purchases']
  assert.equal(listsToAskAgain(withReports('job_1'), withReports()), lists)
  assert.equal(listsToAskAgain(withReports('job_1'), withReports('job_2')), lists)
  assert.equal(listsToAskAgain(withReports('job_1'), withReports('job_1', 'job_2')), [])
})

test('a job of another id changes the lists, and another state of the same job only the queue', () => {
  const job = (print_job_id: string, state: string) => stateWith({ job: { print_job_id, state } })
  assert.equal(listsToAskAgain(job('job_1', 'ending'), job('job_2', 'ending')), ['queue', 'history', 'purchases'])
  assert.equal(listsToAskAgain(job('job_1', 'ready'), job('job_1', 'printing')), ['queue'])
  assert.equal(listsToAskAgain(job('job_1', 'ready'), job('job_1', 'ready')), [])
})

test('another registration changes all that belongs to the owner', () => {
  const now = stateWith({ registration: { printer_id: 'printer_1' } })
  assert.equal(listsToAskAgain(nothing, now), ['session', 'queue', 'history', 'purchases'])
})

test('only the parts that differ are sent, each whole', () => {
  assert.is(changedParts(nothing, stateWith({})), null)
  assert.equal(changedParts(nothing, withReports('job_1')), { reports: [report('job_1')] })
})

test.run()
