import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createLive } from '../../../edge/ui/state/live.ts'
import { isLive } from '../../../edge/ui/state/preparation.ts'
import { livePreparationStates, preparationStates } from '../../../schema/http/preparations.ts'
import type { PageState } from '../../../schema/page/index.ts'

const test = suite("the live state of the printer's page")
const stateWith = (ok: boolean | null) =>
  ({ dropped_reports: 0, reports: [], connections: { marketplace: { ok } } }) as unknown as PageState
const state = stateWith(true)
const liveOf = (refreshSession = () => {}, hasSession = () => true) => createLive({ refreshSession, hasSession })

test('after a break of the stream every list is asked for again', () => {
  const live = liveOf()
  live.setConnected(true)
  assert.equal(live.lists, { purchases: 0, queue: 0, history: 0, wallet: 0, session: 0 })
  live.handlers.state(state)
  live.setConnected(false)
  assert.is(live.lists.purchases, 0)
  live.setConnected(true)
  assert.equal(live.lists, { purchases: 1, queue: 1, history: 1, wallet: 1, session: 1 })
})

test('when the marketplace is back, every list is asked for again', () => {
  const live = liveOf()
  live.handlers.state(stateWith(false))
  live.handlers.update({ dropped_reports: 1 })
  assert.equal([live.lists.wallet, live.returns.value], [0, 0])
  live.handlers.update(stateWith(true))
  assert.equal([live.lists.wallet, live.returns.value], [1, 1])
  live.handlers.update({ dropped_reports: 0 })
  assert.is(live.returns.value, 1)
})

test('a change asks again for its lists alone', () => {
  let asked = 0
  const live = liveOf(() => asked++)
  live.handlers.changed({ lists: ['wallet'] })
  assert.equal([live.lists.wallet, live.lists.queue, asked], [1, 0, 0])
  live.handlers.changed({ lists: ['session'] })
  assert.is(asked, 1)
})

test('the session is asked for again with each state but the first, and with that when it is unknown', () => {
  let asked = 0
  let hasSession = true
  const live = liveOf(
    () => asked++,
    () => hasSession,
  )
  live.handlers.state(state)
  assert.is(asked, 0)
  live.handlers.state(state)
  assert.is(asked, 1)
  const other = liveOf(
    () => asked++,
    () => hasSession,
  )
  hasSession = false
  other.handlers.state(state)
  assert.is(asked, 2)
})

test('the first answer is the state, or that the stream cannot be opened', async () => {
  for (const answer of [live => live.handlers.state(state), live => live.setConnected(false)] as ((
    live: ReturnType<typeof createLive>,
  ) => void)[]) {
    const live = liveOf()
    live.setConnected(true)
    let isAnswered = false
    live.firstAnswer.then(() => {
      isAnswered = true
    })
    await Promise.resolve()
    assert.is(isAnswered, false)
    answer(live)
    await Promise.resolve()
    assert.is(isAnswered, true)
  }
})

test('an update replaces its parts, and means nothing before the whole state', () => {
  const live = liveOf()
  live.handlers.update({ dropped_reports: 7 })
  assert.is(live.state.value, null)
  live.handlers.state(state)
  live.handlers.update({ dropped_reports: 2 })
  assert.equal(live.state.value, { ...state, dropped_reports: 2 })
})

test('the page knows which preparations are live', () => {
  assert.equal(preparationStates.filter(isLive), [...livePreparationStates])
})

test.run()
