import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Edge } from '../../../edge/app.ts'
import type { Hub } from '../../../edge/web/events/hub.ts'
import { createWatch } from '../../../edge/web/events/watch.ts'
import type { WebSession, WebSessions } from '../../../edge/web/sessions.ts'
import { silentLog } from '../../../runtime/log.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite('what a person waits for at the page')

/** A page that is open, at an edge that answers a method by `answers`. */
function makeWorld(answers: Record<string, object>) {
  const asked: string[] = []
  const sent: { name: string; data: unknown }[] = []
  const edge = {
    call: async (method: string, { purchase_id }: { purchase_id: string }) => {
      asked.push(`${method} ${purchase_id}`)
      return { purchase_id, ...answers[method] }
    },
  } as unknown as Edge
  const hub = {
    hasStream: () => true,
    sendTo: (_: string, name: string, data: unknown) => void sent.push({ name, data }),
  } as unknown as Hub
  const sessions = { peek: () => ({}), token: async () => 'token' } as unknown as WebSessions
  const watch = createWatch({ sessions, hubOf: () => hub, log: silentLog, pollMs: 1 })
  const see = (method: string, answer: object) => watch.see({ id: 'session' } as WebSession, edge, method, answer)
  return { asked, sent, see, close: watch.close }
}

test('a receipt is followed until the ledger has taken each of its events', async () => {
  const answers = { audit_log: { events: [{ sequence_number: 1 }, { sequence_number: null as number | null }] } }
  const world = makeWorld(answers)
  world.see('audit_log', { purchase_id: 'purchase_1', ...answers.audit_log })
  await eventually('two questions', () => world.asked.length > 1)
  assert.equal(world.sent, [])
  answers.audit_log = { events: [{ sequence_number: 1 }, { sequence_number: 2 }] }
  await eventually('the page is told', () => world.sent.length > 0)
  assert.equal(world.sent, [{ name: 'changed', data: { lists: ['history'] } }])
  const { length } = world.asked
  world.see('audit_log', { purchase_id: 'purchase_1', ...answers.audit_log })
  await new Promise(resolve => setTimeout(resolve, 20))
  assert.is(world.asked.length, length, 'it is over')
  world.close()
})

test('a pending purchase is followed when the page has it from the list', async () => {
  const answers = { purchase: { status: 'pending' } }
  const world = makeWorld(answers)
  world.see('purchases', {
    purchases: [
      { purchase_id: 'purchase_1', status: 'active' },
      { purchase_id: 'purchase_2', status: 'pending' },
    ],
  })
  await eventually('a question', () => world.asked.length > 0)
  answers.purchase.status = 'active'
  await eventually('the page is told', () => world.sent.length > 0)
  assert.equal(world.sent, [{ name: 'changed', data: { lists: ['purchases', 'wallet', 'queue'] } }])
  assert.equal([...new Set(world.asked)], ['purchase purchase_2'])
  world.close()
})

test('an order tells every window of the person which lists it has changed', () => {
  const world = makeWorld({})
  world.see('print_model', { status: 'queued', purchase_id: 'purchase_1' })
  world.see('remove_from_queue', { print_jobs: [] })
  world.see('queue', { print_jobs: [] })
  assert.equal(world.sent, [
    { name: 'changed', data: { lists: ['queue', 'purchases', 'history'] } },
    { name: 'changed', data: { lists: ['queue', 'purchases', 'history'] } },
  ])
  world.close()
})

test('an answer about nothing that can be waited for is not followed', async () => {
  const world = makeWorld({})
  world.see('wallet', { status: 'pending', purchase_id: 'purchase_1' })
  world.see('print_model', { status: 'queued', purchase_id: 'purchase_1' })
  world.see('buy_model', { status: 'active', purchase_id: 'purchase_1' })
  await new Promise(resolve => setTimeout(resolve, 20))
  assert.equal(world.asked, [])
  world.close()
})

test.run()
