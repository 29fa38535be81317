import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sharedBalance } from '../../ledger/balance.ts'
import type { Mirror } from '../../ledger/mirror.ts'
import { AppError, isAppError } from '../../schema/http/errors.ts'

/** A mirror that holds its answers back until `answer` gives the balance of all that wait, or null when it does not answer. */
function heldMirror() {
  const waiting: ((tinybar: number | null) => void)[] = []
  const asked: string[] = []
  const get = (path: string) =>
    new Promise((resolve, reject) => {
      asked.push(path)
      waiting.push(tinybar =>
        tinybar === null
          ? reject(new AppError('ledger_unavailable', 'No answer.'))
          : resolve({ balance: { balance: tinybar } }),
      )
    })
  return {
    mirror: { get } as Mirror,
    asked,
    answer(tinybar: number | null) {
      for (const give of waiting.splice(0)) give(tinybar)
    },
  }
}

test('who asks for an account’s balance while another one waits for it shares the answer; later it is asked for again', async () => {
  const { mirror, asked, answer } = heldMirror()
  const balance = sharedBalance(mirror)
  const together = [balance('0.0.2'), balance('0.0.2'), balance('0.0.3')]
  assert.is(asked.length, 2)
  answer(7)
  assert.equal(await Promise.all(together), [7n, 7n, 7n])
  const later = balance('0.0.2')
  answer(8)
  assert.is(await later, 8n)
  assert.is(asked.length, 3)
})

test('a failure is told to all who waited, and not kept', async () => {
  const { mirror, answer } = heldMirror()
  const balance = sharedBalance(mirror)
  const together = [balance('0.0.2'), balance('0.0.2')].map(one => one.catch((error: unknown) => error))
  answer(null)
  for (const error of await Promise.all(together)) assert.ok(isAppError(error, 'ledger_unavailable'), String(error))
  const later = balance('0.0.2')
  answer(8)
  assert.is(await later, 8n)
})

test.run()
