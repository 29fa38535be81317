/**
 * How time and memory grow: over the size of the G-code, over the printers whose polls wait, and over the purchases in the table. Each
 * curve is fitted by a power law, whose exponent is the figure: 0 is constant, 1 grows as fast. The charts are docs/curves/*.svg.
 *
 * What a user, a printer and the tick ask of the database must not grow with the table: a list that does lacks an index. `--mb 1,10,100`,
 * `--printers 1,100,5000`, `--purchases 1000,10000,100000`.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { build } from '../local/build.ts'
import { type Curve, exponentOf } from './curves/fit.ts'
import { printerCurves } from './curves/printers.ts'
import { sizeCurves } from './curves/size.ts'
import { toSvg } from './curves/svg.ts'
import { tableCurves } from './curves/table.ts'
import type { Figures } from './report/result.ts'
import { round } from './report/statistics.ts'

const folder = 'docs/curves'

export const bars = {
  'exponents.size.memory_mb': { atMost: 0.1 },
  'exponents.purchases.steepest': { atMost: 0.3 },
}

export async function run(args: string[]): Promise<Figures> {
  const options = {
    mb: { type: 'string', default: '1,10,100,500' },
    printers: { type: 'string', default: '1,10,100,1000,5000' },
    purchases: { type: 'string', default: '1000,10000,100000,1000000' },
  } as const
  const { values } = parseArgs({ args, options })
  const numbers = (text: string) => text.split(',').map(Number)
  await build()
  const size = await sizeCurves(numbers(values.mb))
  const printers = await printerCurves(numbers(values.printers))
  const purchases = await tableCurves(numbers(values.purchases))
  const charts = {
    size: { x: 'MB of G-code', y: 'MB, seconds', curves: { memory_mb: size.memory, print_seconds: size.seconds } },
    printers: {
      x: 'printers whose polls wait',
      y: 'MB, milliseconds',
      curves: { memory_mb: printers.memory, answer_ms: printers.answer },
    },
    purchases: { x: 'purchases in the table', y: 'milliseconds', curves: purchases },
  }
  mkdirSync(folder, { recursive: true })
  for (const [name, { x, y, curves }] of Object.entries(charts)) {
    writeFileSync(`${folder}/${name}.svg`, toSvg(`Cost over ${x}`, { x, y }, curves))
  }
  const exponents = (curves: Record<string, Curve>) =>
    Object.fromEntries(Object.entries(curves).map(([name, curve]) => [name, round(exponentOf(curve), 2)]))
  const points = (curves: Record<string, Curve>) =>
    Object.fromEntries(Object.entries(curves).map(([name, curve]) => [name, curve.map(({ y }) => y)]))
  const ofPurchases = exponents(purchases)
  return {
    exponents: {
      size: exponents(charts.size.curves),
      printers: exponents(charts.printers.curves),
      purchases: { ...ofPurchases, steepest: Math.max(...Object.values(ofPurchases)) },
    },
    over_mb: { mb: numbers(values.mb), ...points(charts.size.curves) },
    over_printers: { printers: numbers(values.printers), ...points(charts.printers.curves) },
    over_purchases: { purchases: numbers(values.purchases), ...points(purchases) },
  }
}
