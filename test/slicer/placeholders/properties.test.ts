import assert from 'node:assert/strict'
import fc from 'fast-check'
import { test } from 'uvu'
import { limits, namesIn, PlaceholderError, parseTemplate } from '../../../slicer/placeholders/index.ts'
import { fixedText, streamText } from '../../../slicer/placeholders/number-text.ts'
import { anyCharacter } from '../../make/text.ts'
import { printed } from './world.ts'

/** A sum or product as source, beside what C++ makes of it. */
interface Sum {
  source: string
  value: number
  isReal: boolean
}

const literal: fc.Arbitrary<Sum> = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 31 - 1 }).map(value => ({ source: `${value}`, value, isReal: false })),
  fc.integer({ min: 0, max: 1e6 }).map(n => ({ source: (n / 64).toFixed(6), value: n / 64, isReal: true })),
)

const { sum } = fc.letrec<{ sum: Sum }>(tie => ({
  sum: fc.oneof(
    { maxDepth: 5 },
    literal,
    tie('sum').map(inner => negated(inner)),
    fc
      .tuple(tie('sum'), fc.constantFrom('+', '-', '*', '/', '%'), tie('sum'))
      .map(([a, sign, b]) => joined(a, sign, b)),
  ),
}))

const negated = ({ source, value, isReal }: Sum): Sum => ({
  source: `(-${source})`,
  value: isReal ? -value : Number(BigInt.asIntN(32, BigInt(-value))),
  isReal,
})

function joined(a: Sum, sign: string, b: Sum): Sum {
  const isReal = a.isReal || b.isReal
  const source = `(${a.source}${sign}${b.source})`
  if ((sign === '/' || sign === '%') && b.value === 0) return a
  if (isReal) return { source, value: real(a.value, sign, b.value), isReal }
  return { source, value: whole(BigInt(a.value), sign, BigInt(b.value)), isReal }
}

function real(a: number, sign: string, b: number): number {
  if (sign === '+') return a + b
  if (sign === '-') return a - b
  if (sign === '*') return a * b
  return sign === '/' ? a / b : a % b
}

function whole(a: bigint, sign: string, b: bigint): number {
  const exact = sign === '+' ? a + b : sign === '-' ? a - b : sign === '*' ? a * b : sign === '/' ? a / b : a % b
  return Number(BigInt.asIntN(32, exact))
}

test('sums agree with a model in whole numbers of 32 bits and in reals', () => {
  fc.assert(
    fc.property(sum, ({ source, value, isReal }) => {
      assert.equal(printed(`{${source}}`), isReal ? streamText(value) : String(value), source)
    }),
  )
})

test('a real that prints reads as the same real, to its sixth digit', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), value => {
      const read = Number(streamText(value))
      assert.ok(Math.abs(read - value) <= Math.abs(value) * 5.0001e-6 || Math.abs(value) < 1e-90, streamText(value))
    }),
  )
})

test('a real of fixed decimals is the nearest of them', () => {
  const near = fc.double({ min: -1e12, max: 1e12, noNaN: true })
  fc.assert(
    fc.property(near, fc.integer({ min: 0, max: 6 }), (value, decimals) => {
      const text = fixedText(value, decimals)
      assert.match(text, decimals ? new RegExp(`^-?\\d+\\.\\d{${decimals}}$`) : /^-?\d+$/)
      assert.ok(Math.abs(Number(text) - value) <= 0.5 * 10 ** -decimals + Math.abs(value) * 1e-15, text)
    }),
  )
})

test('text without braces and brackets stays as it is', () => {
  const text = fc.string({ unit: anyCharacter, maxLength: 200 }).map(found => found.replace(/[[{]/g, ''))
  fc.assert(fc.property(text, source => assert.equal(printed(source), source)))
})

const tokens = [
  ...['{', '}', '[', ']', '(', ')', ';', ',', '"', '/', '\\', '~', '?', ':', '=', '<', '>', '!', '&', '|', '+', '-'],
  ...[
    '*',
    '%',
    '.',
    ' ',
    '\n',
    'é',
    '{if ',
    '{elsif ',
    '{else}',
    '{endif}',
    'then ',
    '{local a=',
    '{global b=',
    '1',
    '2.5',
  ],
  ...[
    '"x"',
    '/x.*/',
    'true',
    'bar',
    'nozzle_temperature',
    'a',
    'b',
    'no_such',
    'min(',
    'digits(',
    'one_of(',
    'repeat(',
  ],
  ...[
    'interpolate_table(',
    'is_nil(',
    'size(',
    'random(',
    ' and ',
    ' or ',
    'not ',
    '==',
    '=~',
    '!~',
    'filament_change(',
  ],
]
const soup = fc.array(fc.constantFrom(...tokens), { maxLength: 60 }).map(found => found.join(''))
/** A template that begins well, so that more than its first error is met. */
const template = fc.tuple(fc.boolean(), soup).map(([isCode, rest]) => (isCode ? `{${rest}}` : `G1 {bar} ${rest}`))

test('whatever is parsed and printed ends soon, with text or a PlaceholderError whose place is in the source', () => {
  fc.assert(
    fc.property(template, source => {
      const budget = { steps: 100_000 }
      try {
        assert.ok(namesIn(parseTemplate(source, 'f')).size <= tokens.length)
        assert.ok(printed(source, { budget }).length <= limits.outputLength)
      } catch (error) {
        assert.ok(error instanceof PlaceholderError, String(error))
        const lines = source.split('\n')
        assert.ok(error.line <= lines.length && error.column - 1 <= lines[error.line - 1]!.length, source)
      }
    }),
    { numRuns: 2000 },
  )
})

test('what a branch holds prints alone and nothing of the others', () => {
  const piece = fc.stringMatching(/^[A-Za-z0-9 \n;.]{0,20}$/)
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), piece), { minLength: 1, maxLength: 8 }), piece, (branches, last) => {
      const tests = branches.map(([holds, text], i) => `{${i ? 'elsif' : 'if'} ${holds}}${text}`).join('')
      const expected = branches.find(([holds]) => holds)?.[1] ?? last
      assert.equal(printed(`${tests}{else}${last}{endif}`), expected)
    }),
  )
})

test.run()
