import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { CallError } from '../../../edge/ui/api/problem.ts'
import { eventsOfPrint } from '../../../edge/ui/screens/history/ledger-events.ts'
import { destinationOf } from '../../../edge/ui/screens/login/destination.ts'
import { heaterName } from '../../../edge/ui/screens/print/heater-name.ts'
import { filamentText, moneyText } from '../../../edge/ui/words/amounts.ts'
import { consensusText, dateText } from '../../../edge/ui/words/dates.ts'
import { durationText } from '../../../edge/ui/words/duration.ts'
import { errorText } from '../../../edge/ui/words/errors.ts'
import { licenceText, printsLeft } from '../../../edge/ui/words/licence.ts'
import { numberText, percentText } from '../../../edge/ui/words/numbers.ts'

const test = suite("words on the printer's page")

test('a duration is rounded to what a person wants to know', () => {
  assert.is(durationText(0), '0 s')
  assert.is(durationText(59.6), '1 min')
  assert.is(durationText(40), '40 s')
  assert.is(durationText(59 * 60 + 40), '1 h 00 min')
  assert.is(durationText(65 * 60), '1 h 05 min')
  assert.is(durationText(51 * 3600), '2 d 3 h')
  assert.is(durationText(-5), '0 s')
  for (const none of [null, undefined, Number.NaN, Number.POSITIVE_INFINITY]) assert.is(durationText(none), '–')
})

test('money is written exactly, in the way of the language', () => {
  assert.is(moneyText({ amount: '0.25', currency: 'hbar' }, 'en'), '0.25 HBAR')
  assert.is(moneyText({ amount: '1234.5', currency: 'print' }, 'de'), '1.234,5 PRINT')
  assert.is(moneyText({ amount: '123456789012.12345678', currency: 'hbar' }, 'en'), '123,456,789,012.12345678 HBAR')
})

test('filament is in metres, with its weight where it is known', () => {
  assert.is(filamentText(4321, 13.4, 'en'), '4.32 m, 13 g')
  assert.is(filamentText(4321, null, 'de'), '4,32 m')
  assert.is(filamentText(null, 3, 'en'), '–')
})

test('a share beyond its limits is shown as the limit', () => {
  assert.is(percentText(0.426, 'en'), '43%')
  assert.is(percentText(1.2, 'en'), '100%')
  assert.is(percentText(-1, 'en'), '0%')
})

test('numbers are written as Intl writes them', () => {
  const digits = { most: 2, least: 1 }
  for (const locale of ['en', 'en-GB', 'de', 'de-AT', 'de-CH', 'de-LI']) {
    const options = { minimumFractionDigits: digits.least, maximumFractionDigits: digits.most }
    const number = new Intl.NumberFormat(locale, options)
    const percent = new Intl.NumberFormat(locale, { style: 'percent' })
    for (const value of [0, 0.1, 0.256, 1, 12.5, 28.314, 199.999, -3.75])
      assert.is(numberText(value, locale, digits), number.format(value), locale)
    assert.is(percentText(0.42, locale), percent.format(0.42), locale)
  }
  assert.is(numberText(13, 'de', { most: 0 }), '13')
})

test('times that are missing or wrong are a dash', () => {
  assert.is(dateText(null, 'en'), '–')
  assert.is(dateText('soon', 'en'), '–')
  assert.match(dateText('2026-11-25T12:00:00Z', 'en'), /2026/)
  assert.is(consensusText(null, 'en'), '–')
  assert.match(consensusText('1769000000.000000123', 'en'), /2026.*\(1769000000\.000000123\)$/)
})

test('a licence is one sentence with its numbers', () => {
  const t = (key: string, named: Record<string, unknown>, plural: number) => JSON.stringify([key, named, plural])
  assert.is(licenceText({ prints_allowed: 3 }, t), '["licence.terms",{"prints":3,"failures":5},3]')
})

test('a print in progress is not left, and never fewer than none are', () => {
  assert.is(printsLeft({ prints_allowed: 3, prints_used: 1, prints_reserved: 1 }), 1)
  assert.is(printsLeft({ prints_allowed: 1, prints_used: 1, prints_reserved: 1 }), 0)
})

test('a refusal has the words of its code, an unknown one its own message', () => {
  const has = (key: string) => key === 'errors.no_rights_left'
  const t = (key: string) => `[${key}]`
  assert.is(errorText(new CallError('no_rights_left', 'English', 409), has, t), '[errors.no_rights_left]')
  const hasWait = (key: string) => key.startsWith('errors.too_many_requests')
  const named = (key: string, values: object) => `[${key} ${JSON.stringify(values)}]`
  const throttled = (seconds: number | null) =>
    errorText(new CallError('too_many_requests', '', 429, seconds), hasWait, named)
  assert.is(throttled(31), '[errors.too_many_requests_wait {"wait":"31 s"}]')
  assert.is(throttled(null), '[errors.too_many_requests {}]')
  assert.is(errorText(new CallError('stl_empty', 'The file is empty.', 422), has, t), 'The file is empty.')
})

test('the log-in leads only to a screen of this page', () => {
  assert.is(destinationOf('/models/pur_1'), '/models/pur_1')
  for (const bad of ['https://example.org', '//example.org', '/\\example.org', '/login', ['/x'], undefined, null]) {
    assert.is(destinationOf(bad), '/')
  }
})

test("a heater is named in words, Klipper's own names too", () => {
  const has = (key: string) => key.endsWith('.extruder')
  assert.is(
    heaterName('extruder', has, key => `[${key}]`),
    '[temperatures.heaters.extruder]',
  )
  assert.is(heaterName('heater_generic chamber_left', has, String), 'Chamber left')
})

test("a print's receipt leaves out the other prints of the purchase", () => {
  const event = (event_id: string, text: object) => ({
    event_id,
    type: 'model_print',
    sequence_number: 1,
    consensus_timestamp: null,
    event: JSON.stringify(text),
    salt: '',
    digest: '',
  })
  const events = [
    event('evt_1', { purchase_id: 'pur_1' }),
    event('evt_2', { print_job_id: 'job_1' }),
    event('evt_3', { print_job_id: 'job_2' }),
  ]
  assert.equal(
    eventsOfPrint(events, 'job_2').map(({ event_id }) => event_id),
    ['evt_1', 'evt_3'],
  )
})

test.run()
