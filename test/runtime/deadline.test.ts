import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { deadline } from '../../runtime/deadline.ts'

const test = suite('a deadline')

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

test('a deadline survives the garbage collector', async () => {
  const other = new AbortController()
  const reason = await new Promise<unknown>((resolve, reject) => {
    const { signal } = deadline(50, other.signal)
    signal.addEventListener('abort', () => resolve(signal.reason))
    collectGarbage()
    sleep(5000, undefined, { ref: false }).then(() => reject(new Error('it never came')))
  })
  assert.is((reason as Error).name, 'TimeoutError')
})

test('a deadline ends with the other signal and its reason', () => {
  const other = new AbortController()
  const { signal, clear } = deadline(60_000, other.signal)
  const reason = new Error('the edge ends')
  other.abort(reason)
  assert.is(signal.reason, reason)
  clear()
  const late = deadline(60_000, other.signal)
  assert.ok(late.signal.aborted)
  late.clear()
})

test.run()
