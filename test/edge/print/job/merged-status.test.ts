import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  emptyStatus,
  isDisputed,
  type MergedStatus,
  statusOf,
  type TimedStatus,
  withAnswer,
  withDifference,
  withFields,
  withSnapshot,
} from '../../../../edge/moonraker/merged-status.ts'

const test = suite("the known state of Klipper's objects")

const statusAt = (eventtime: number, state: string, message = ''): TimedStatus => ({
  eventtime,
  status: { print_stats: { state, message } },
})
const stateOf = (known: MergedStatus) => statusOf(known).print_stats?.state

test('a state that returns to its value from before a query is noticed', () => {
  let known = withSnapshot(emptyStatus, statusAt(1, 'error', 'the first'))
  known = withAnswer(known, statusAt(2, 'printing'))
  assert.is(stateOf(known), 'printing')
  // From one error to the next: the difference names the message and no state.
  known = withDifference(known, { eventtime: 3, status: { print_stats: { message: 'the second' } } })
  assert.equal(statusOf(known), { print_stats: { state: 'error', message: 'the second' } })
  assert.is(isDisputed(known), false)
})

test('an answer that no difference follows is disputed while it contradicts the subscription', () => {
  const snapshot = withSnapshot(emptyStatus, statusAt(1, 'error'))
  assert.is(isDisputed(withAnswer(snapshot, statusAt(2, 'printing'))), true)
  assert.is(isDisputed(withAnswer(snapshot, statusAt(2, 'error'))), false)
})

test('an answer and a difference that cross on their way are ordered by their time', () => {
  const snapshot = withSnapshot(emptyStatus, statusAt(1, 'standby'))
  const late = { eventtime: 2, status: { print_stats: { state: 'printing' } } }
  assert.is(stateOf(withDifference(withAnswer(snapshot, statusAt(3, 'complete')), late)), 'complete')
  assert.is(
    stateOf(withAnswer(withDifference(snapshot, { ...late, eventtime: 3 }), statusAt(2, 'standby'))),
    'printing',
  )
})

test('a difference that overtakes its own snapshot is disputed until there is a new one', () => {
  const early = { eventtime: 3, status: { print_stats: { state: 'printing' } } }
  const known = withSnapshot(withDifference(emptyStatus, early), statusAt(2, 'standby'))
  assert.is(isDisputed(known), true)
  assert.is(isDisputed(withSnapshot(known, statusAt(4, 'printing'))), false)
})

test('a shutdown that is announced separately stays until Klipper reports another state', () => {
  let known = withSnapshot(emptyStatus, { eventtime: 1, status: { webhooks: { state: 'ready' } } })
  known = withFields(known, { webhooks: { state: 'shutdown' } })
  known = withDifference(known, statusAt(2, 'error'))
  assert.is(statusOf(known).webhooks?.state, 'shutdown')
  known = withDifference(known, { eventtime: 3, status: { webhooks: { state: 'ready' } } })
  assert.is(statusOf(known).webhooks?.state, 'ready')
})

/** A printer whose fields change, and what its subscription and queries say of it at each time. */
const looks = fc.array(
  fc.record({
    state: fc.constantFrom('printing', 'error'),
    message: fc.constantFrom('', 'too hot'),
    /** How many later messages overtake the answer of a query; null: nobody asks. */
    delay: fc.option(fc.nat(4)),
    isTold: fc.boolean(),
  }),
  { minLength: 1, maxLength: 20 },
)

test('in any order of messages the final state is right, or a new snapshot is required', () => {
  fc.assert(
    fc.property(looks, steps => {
      const messages: { at: number; lay: (known: MergedStatus) => MergedStatus }[] = []
      let last = { state: 'standby', message: '' }
      let truth = last
      steps.forEach(({ state, message, delay, isTold }, index) => {
        const eventtime = index + 2
        truth = { state, message }
        if (delay !== null) {
          const answer = { eventtime, status: { print_stats: truth } }
          messages.push({ at: index + delay + 0.5, lay: known => withAnswer(known, answer) })
        }
        if (!isTold) return
        const before = last
        const changed = Object.entries(truth).filter(([name, value]) => before[name as keyof typeof before] !== value)
        last = truth
        if (changed.length === 0) return
        const difference = { eventtime, status: { print_stats: Object.fromEntries(changed) } }
        messages.push({ at: index, lay: known => withDifference(known, difference) })
      })
      // The subscription has had its last look at the end, when nothing moves any more.
      const changed = Object.entries(truth).filter(([name, value]) => last[name as keyof typeof last] !== value)
      const end = { eventtime: steps.length + 2, status: { print_stats: Object.fromEntries(changed) } }
      if (changed.length > 0) messages.push({ at: steps.length, lay: known => withDifference(known, end) })
      let known = withSnapshot(emptyStatus, statusAt(1, 'standby'))
      for (const { lay } of messages.sort((a, b) => a.at - b.at)) known = lay(known)
      assert.ok(isDisputed(known) || JSON.stringify(statusOf(known).print_stats) === JSON.stringify(truth))
    }),
  )
})

test.run()
