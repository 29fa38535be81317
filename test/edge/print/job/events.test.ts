import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { JobEvent } from '../../../../edge/print/job/events.ts'
import { after, claimedJob, plannedKinds, printerOf, settings, stub } from '../../../make/edge/plan-world.ts'

const test = suite('a job after its events')

test('a job that is cancelled after its start has left the queue is not drained again', () => {
  const failed: JobEvent = { kind: 'ended', ending: { kind: 'outcome', outcome: { status: 'failure' } } }
  const fields = { stub, isSpooled: true, isStartAsked: true }
  const cancelled = after(claimedJob(), { kind: 'recorded', fields }, { kind: 'cancel-asked' })
  assert.equal(plannedKinds(after(cancelled, failed), printerOf(), 0, settings), ['drain-queue'])
  const drained = after(cancelled, { kind: 'queue-empty' }, failed)
  assert.equal(plannedKinds(drained, printerOf(), 0, settings), ['report'])
})

test.run()
