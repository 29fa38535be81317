import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { newKey } from '../../../edge/ui/api/key.ts'
import { CallError } from '../../../edge/ui/api/problem.ts'
import { offersOf } from '../../../edge/ui/screens/catalogue/offers.ts'
import { createDrafts, type Stored } from '../../../edge/ui/state/drafts.ts'
import { once } from '../../../edge/ui/state/once.ts'
import { isTooDear } from '../../../edge/ui/words/amounts.ts'

const test = suite("orders on the printer's page")

function storage(): Stored {
  const entries = new Map<string, string>()
  return {
    getItem: name => entries.get(name) ?? null,
    setItem: (name, value) => void entries.set(name, value),
    removeItem: name => void entries.delete(name),
  }
}

test('two clicks, a lost answer and a reload send the same key', async () => {
  const stored = storage()
  const keys: string[] = []
  const lost = async (key: string) => {
    keys.push(key)
    throw new CallError('no_answer', 'The host does not answer.', 0)
  }
  const send = (order: (key: string) => Promise<unknown>) =>
    once(
      createDrafts(() => stored),
      'buy',
      order,
    ).catch(() => {})
  await Promise.all([send(lost), send(lost)])
  await send(lost) // after a reload: the drafts are read anew
  await send(async key => keys.push(key))
  assert.is(new Set(keys).size, 1)
  assert.is(keys.length, 4)
})

test('an order after a decision has a key of its own', async () => {
  const stored = storage()
  const kept = createDrafts(() => stored)
  const keys: string[] = []
  await once(kept, 'buy', async key => keys.push(key))
  await once(kept, 'buy', async key => {
    keys.push(key)
    throw new CallError('insufficient_funds', 'Not enough.', 402)
  }).catch(() => {})
  await once(kept, 'buy', async key => keys.push(key))
  assert.is(new Set(keys).size, 3)
})

test('a browser that forbids storage still orders', async () => {
  const forbidden = createDrafts(() => {
    throw new Error('SecurityError')
  })
  assert.is(await once(forbidden, 'buy', async key => key.length), 32)
})

test('keys are random and printable', () => {
  assert.match(newKey(), /^[0-9a-f]{32}$/)
  assert.is.not(newKey(), newKey())
})

test('a model is offered in each currency that the designer takes', () => {
  const licence = { license_type: 'personal', price_hbar: '10', price_print: '2.5', prints_allowed: 3 }
  const other = { license_type: 'club', price_hbar: null, price_print: '20', prints_allowed: 30 }
  const offers = offersOf({ licenses: [licence, other] })
  assert.equal(
    offers.map(({ id, price }) => [id, price.amount]),
    [
      ['personal/hbar', '10'],
      ['personal/print', '2.5'],
      ['club/print', '20'],
    ],
  )
})

test('balances are compared to the last decimal', () => {
  const price = { amount: '0.30000001', currency: 'hbar' } as const
  assert.is(isTooDear(price, [{ amount: '0.3', currency: 'hbar' }]), true)
  assert.is(isTooDear(price, [{ amount: '0.30000001', currency: 'hbar' }]), false)
  assert.is(isTooDear(price, [{ amount: '5', currency: 'print' }]), true)
})

test.run()
