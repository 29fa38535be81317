import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Figures, type Result, thisMachine } from '../../bench/report/result.ts'
import { compare, toLines, toMarkdown } from '../../bench/report/table.ts'

const test = suite('tables of benches')

const result = (figures: Figures): Result => ({
  bench: 'stream',
  ...figures,
  bars: { ratio: { atLeast: 1 }, peak_mb: { atMost: 110 } },
  seconds: 3,
  machine: thisMachine(),
})

test('a figure is shown with its bar, and whether it is met', () => {
  assert.equal(toLines(result({ ratio: 0.9, peak_mb: 100, lines: 5 })), [
    'ratio    0.9  >= 1    NO',
    'peak_mb  100  <= 110  yes',
    'lines    5',
  ])
})

test('a figure with a bar that is more than a tenth worse is a regression, whichever way is better', () => {
  const before = result({ ratio: 1, peak_mb: 100, lines: 10 })
  const worse = compare(before, result({ ratio: 0.89, peak_mb: 111, lines: 1 }))
  assert.equal(worse.regressions, ['stream ratio', 'stream peak_mb'])
  assert.equal(compare(before, result({ ratio: 0.91, peak_mb: 109, lines: 1 })).regressions, [])
  assert.equal(compare(before, result({ ratio: 2, peak_mb: 1, lines: 1 })).regressions, [])
})

test('inner figures have lines of their own, with their bars', () => {
  const inner = (peak: number) => ({ ...result({ mb: { 5: 60, 500: peak } }), bars: { 'mb.500': { atMost: 110 } } })
  assert.equal(toLines(inner(120)), ['mb.5    60', 'mb.500  120  <= 110  NO'])
  assert.equal(compare(inner(100), inner(120)).regressions, ['stream mb.500'])
})

test('the document has a table for each bench, and says which gave no figures', () => {
  const text = toMarkdown([result({ ratio: 1 })], [{ bench: 'poll', reason: 'no database' }])
  assert.match(text, '## stream')
  assert.match(text, '| ratio | 1 | >= 1 | yes |')
  assert.match(text, '- poll: no database')
})

test('what people wrote about a bench stays in the document; a missed bar without that is asked about', () => {
  const missed = result({ ratio: 0.5 })
  assert.match(toMarkdown([missed], []), 'write bench/notes/stream.md')
  const text = toMarkdown([missed], [], { stream: 'The profile shows decode().\n' })
  assert.match(text, 'The profile shows decode().')
  assert.not.match(text, 'write bench/notes')
  assert.not.match(toMarkdown([result({ ratio: 1 })], []), 'write bench/notes')
})

test.run()
