import { setImmediate as later } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createApp, nextTick, ref } from 'vue'
import { CallError } from '../../../edge/ui/api/problem.ts'
import { type Part, usePages } from '../../../edge/ui/state/pages.ts'
import { returnsKey } from '../../../edge/ui/state/returns.ts'

const test = suite("long lists on the printer's page")

/** A list whose answers the test gives, one after another. */
function makeList() {
  const trigger = ref(0)
  const asked: { from: number | null; answer: (part: Part<string, number> | null) => void; fail: () => void }[] = []
  const list = usePages<string, number>(
    from =>
      new Promise((answer, reject) => {
        asked.push({ from, answer, fail: () => reject(new CallError('no_answer', 'The host does not answer.', 0)) })
      }),
    () => trigger.value,
  )
  return { ...list, trigger, asked }
}

test('more is added to what is there, until the end', async () => {
  const { items, hasMore, loadMore, asked } = makeList()
  assert.is(items.value, null)
  asked[0]?.answer({ items: ['a', 'b'], next: 2 })
  await later()
  assert.equal([items.value, hasMore.value], [['a', 'b'], true])
  loadMore()
  assert.is(asked[1]?.from, 2)
  asked[1]?.answer({ items: ['c'], next: null })
  await later()
  assert.equal([items.value, hasMore.value], [['a', 'b', 'c'], false])
  loadMore()
  assert.is(asked.length, 2)
})

test('a list that has changed drops the answer to an older question for more', async () => {
  const { items, loadMore, trigger, asked } = makeList()
  asked[0]?.answer({ items: ['old'], next: 1 })
  await later()
  loadMore()
  trigger.value++
  await nextTick()
  assert.is(asked[2]?.from, null)
  asked[2]?.answer({ items: ['new'], next: null })
  asked[1]?.answer({ items: ['older'], next: null })
  await later()
  assert.equal(items.value, ['new'])
})

test('a second click for more, and one while the list is loaded anew, ask nothing', async () => {
  const { items, loadMore, reload, asked } = makeList()
  asked[0]?.answer({ items: ['a'], next: 1 })
  await later()
  reload()
  loadMore()
  assert.is(asked.length, 2)
  asked[1]?.answer({ items: ['b'], next: 1 })
  await later()
  loadMore()
  loadMore()
  assert.is(asked.length, 3)
  assert.equal(items.value, ['b'])
})

test('an error leaves the list as it is, and more can be asked for again', async () => {
  const { items, error, loadMore, asked } = makeList()
  asked[0]?.answer({ items: ['a'], next: 1 })
  await later()
  loadMore()
  asked[1]?.fail()
  await later()
  assert.equal([items.value, error.value?.code], [['a'], 'no_answer'])
  loadMore()
  asked[2]?.answer({ items: ['b'], next: null })
  await later()
  assert.equal([items.value, error.value], [['a', 'b'], null])
})

test('a list that could not be loaded is asked for again when the host or the marketplace is back, others are not', async () => {
  const returns = ref(0)
  const context = createApp({}).provide(returnsKey, returns)
  const [failed, loaded] = [context.runWithContext(makeList), context.runWithContext(makeList)]
  failed.asked[0]?.fail()
  loaded.asked[0]?.answer({ items: ['a'], next: null })
  await later()
  returns.value++
  await nextTick()
  assert.equal([failed.asked.length, loaded.asked.length], [2, 1])
  failed.asked[1]?.answer({ items: ['b'], next: null })
  await later()
  assert.equal([failed.items.value, failed.error.value], [['b'], null])
})

test.run()
