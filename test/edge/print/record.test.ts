import { randomBytes } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { EdgeContext } from '../../../edge/context.ts'
import type { JobRecord } from '../../../edge/print/job/record.ts'
import { end, type Job, jobFromRecord } from '../../../edge/print/job/state.ts'
import { note } from '../../../edge/print/prepare.ts'
import { newId } from '../../../schema/http/ids.ts'

const test = suite('noting a step of a job')

const print = { filename: 'gear.gcode', history_id: null, history_after: null, boot: null }

function makeJob(): Job {
  const claim = { print_job_id: newId('job', randomBytes), purchase_id: newId('purchase', randomBytes) }
  return jobFromRecord({ claim, isSpooled: false, stub: null, print: null, progress: 0 } as unknown as JobRecord)
}

function withDisk(save: (record: JobRecord) => Promise<void>): EdgeContext {
  return { records: { save } } as unknown as EdgeContext
}

test('it is known when it is on the disk, and not before', async () => {
  const job = makeJob()
  let known: unknown = 'not asked'
  const ctx = withDisk(async () => {
    known = job.record.print
  })
  await note(ctx, job, { print })
  assert.is(known, null)
  assert.equal(job.record.print, print)
})

test('a step that the disk refuses is not taken, and the next one is', async () => {
  const job = makeJob()
  let isFull = true
  const ctx = withDisk(async () => {
    if (isFull) throw new Error('no space left')
  })
  const refused = await note(ctx, job, { print }).catch((error: Error) => error.message)
  assert.is(refused, 'no space left')
  assert.is(job.record.print, null)
  isFull = false
  await note(ctx, job, { isSpooled: true })
  assert.is(job.record.isSpooled, true)
})

test('two steps at the same moment are both kept', async () => {
  const job = makeJob()
  const saved: JobRecord[] = []
  const ctx = withDisk(async record => void saved.push(record))
  await Promise.all([note(ctx, job, { stub: 'gear.gcode' }), note(ctx, job, { isSpooled: true })])
  assert.is(saved.at(-1)?.stub, 'gear.gcode')
  assert.is(saved.at(-1)?.isSpooled, true)
  assert.equal(job.record, saved.at(-1))
})

test('a step that is done after the end of the job does not bring its record back', async () => {
  const job = makeJob()
  const saved: JobRecord[] = []
  const ctx = withDisk(async record => void saved.push(record))
  await note(ctx, job, { stub: 'gear.gcode' })
  end(job, { kind: 'dropped', why: 'the marketplace has ended it' })
  await note(ctx, job, { isSpooled: true })
  assert.is(saved.length, 1)
})

test.run()
