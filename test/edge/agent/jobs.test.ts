import { randomBytes } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { AgentContext } from '../../../edge/agent/context.ts'
import { history } from '../../../edge/agent/history.ts'
import { moveInQueue } from '../../../edge/agent/move-in-queue.ts'
import { queue } from '../../../edge/agent/queue.ts'
import { newId } from '../../../schema/http/ids.ts'
import { user } from '../../make/edge/fake-marketplace.ts'

const test = suite("the agent's methods that list print jobs")

const { token } = user
const methods = {
  history: [history, { token }],
  queue: [queue, { token }],
  move_in_queue: [moveInQueue, { token, print_job_id: newId('job', randomBytes), position: 0 }],
} as const

for (const [name, [run, params]] of Object.entries(methods)) {
  test(`${name} asks for the jobs and the purchases at the same time: a call has ten seconds, and each of them eight`, () => {
    const asked: string[] = []
    const ask = (what: string) => () => {
      asked.push(what)
      return new Promise(() => {})
    }
    void run(makeContext({ printJobs: ask('jobs'), moveJob: ask('jobs'), purchases: ask('purchases') }), params)
    assert.equal(asked, ['jobs', 'purchases'])
  })
}

test('their answers have the fields of the contract, and no other of the marketplace', async () => {
  const jobs = async () => ({ print_jobs: [], next_cursor: null, other: 1 })
  const people = { printJobs: jobs, moveJob: jobs, purchases: async () => ({ purchases: [] }) }
  const fields = async ([run, params]: (typeof methods)[keyof typeof methods]) =>
    Object.keys(await run(makeContext(people), params)).sort()
  assert.equal(await fields(methods.history), ['next_cursor', 'print_jobs'])
  assert.equal(await fields(methods.move_in_queue), ['print_jobs'])
  assert.equal(await fields(methods.queue), ['job', 'print_jobs', 'reports'])
})

/** What the methods read beside the marketplace: a registered printer without a job. */
function makeContext(people: object): AgentContext {
  return {
    marketplace: { people },
    store: { identity: () => ({ printer_id: newId('printer', randomBytes), name: 'Voron' }) },
    config: { marketplaceUrl: 'http://marketplace.test' },
    confirm: '',
    currentJob: { get: () => null, problem: null },
    moonraker: { state: () => ({ isConnected: false, klippy: 'disconnected' }) },
    outbox: { entries: () => [], dropped: () => 0 },
    reach: { isReached: () => null },
    settings: { autoStart: () => false },
  } as unknown as AgentContext
}

test.run()
