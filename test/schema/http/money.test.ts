import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Currency, currencies, toAmount, toUnits } from '../../../schema/http/money.ts'

const test = suite('money')

test('an amount survives the way to units and back', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 2n ** 63n - 1n), fc.constantFrom<Currency>('hbar', 'print'), (units, currency) => {
      assert.is(toUnits(toAmount(units, currency), currency), units)
    }),
  )
})

test('amounts are written in their shortest form', () => {
  assert.is(toAmount(1_000_000_000n, 'hbar'), '10')
  assert.is(toAmount(10_000_000n, 'hbar'), '0.1')
  assert.is(toAmount(1n, 'hbar'), '0.00000001')
  assert.is(toAmount(-250n, 'print'), '-2.5')
  assert.is(toAmount(0n, 'print'), '0')
})

test('more decimals than the currency has are refused, zeros behind them are not', () => {
  assert.is(toUnits('1.250000', 'print'), 125n)
  assert.throws(() => toUnits('1.255', 'print'), /at most 2 decimals/)
  assert.throws(() => toUnits('0.000000001', 'hbar'), /at most 8 decimals/)
})

test('an amount that is no number, or more than the ledger holds, is refused', () => {
  for (const text of ['', '-1', '1e3', '0x10', ' 1', '1.', '.5', 'NaN', '١']) {
    assert.throws(() => toUnits(text, 'hbar'), /not a decimal number/, text)
  }
  assert.throws(() => toUnits('99999999999999', 'hbar'), /more than the ledger can hold/)
  assert.is(Object.keys(currencies).length, 2)
})

test.run()
