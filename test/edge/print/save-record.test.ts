import { randomBytes } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { apply, type JobEvent } from '../../../edge/print/job/events.ts'
import type { JobRecord } from '../../../edge/print/job/record.ts'
import { type Job, jobFromRecord } from '../../../edge/print/job/state.ts'
import { createRecordSaver } from '../../../edge/print/save-record.ts'
import { newId } from '../../../schema/http/ids.ts'

const test = suite('saving a step of a job')

const print = { filename: 'gear.gcode', history_id: null, history_after: null, boot: null }

/** A job on a disk that does this when it is written to. */
function onDisk(save: (record: JobRecord, job: Job) => Promise<void>) {
  const claim = { print_job_id: newId('job', randomBytes), purchase_id: newId('purchase', randomBytes) }
  const record = { claim, isSpooled: false, stub: null, print: null, progress: 0 } as unknown as JobRecord
  let job = jobFromRecord(record, 'this boot')
  const send = (event: JobEvent) => {
    job = apply(job, event)
  }
  const records = { save: (next: JobRecord) => save(next, job), remove: async () => {} }
  return { ...createRecordSaver(records, () => job, send), send, record: () => job.record }
}

test('a step counts once it is on the disk, and not before', async () => {
  let known: unknown = 'not asked'
  const job = onDisk(async (_, before) => {
    known = before.record.print
  })
  await job.save({ print })
  assert.is(known, null)
  assert.equal(job.record().print, print)
})

test('a step that cannot be written does not count, and the next one does', async () => {
  let isFull = true
  const job = onDisk(async () => {
    if (isFull) throw new Error('no space left')
  })
  const refused = await job.save({ print }).catch((error: Error) => error.message)
  assert.is(refused, 'no space left')
  assert.is(job.record().print, null)
  isFull = false
  await job.save({ isSpooled: true })
  assert.is(job.record().isSpooled, true)
})

test('two steps at the same moment are both saved', async () => {
  const saved: JobRecord[] = []
  const job = onDisk(async record => void saved.push(record))
  await Promise.all([job.save({ stub: 'gear.gcode' }), job.save({ isSpooled: true })])
  assert.is(saved.at(-1)?.stub, 'gear.gcode')
  assert.is(saved.at(-1)?.isSpooled, true)
  assert.equal(job.record(), saved.at(-1))
})

test('a step after the end of the job does not bring its record back', async () => {
  const saved: JobRecord[] = []
  const job = onDisk(async record => void saved.push(record))
  await job.save({ stub: 'gear.gcode' })
  job.send({ kind: 'ended', ending: { kind: 'dropped', why: 'the marketplace has ended it' } })
  await job.save({ isSpooled: true })
  assert.is(saved.length, 1)
})

test.run()
