import { isMet, textOf } from './bars.ts'
import { type Failure, figuresOf, type Result } from './result.ts'

/** The figures as lines for a terminal, with their bars. */
export function toLines(result: Result): string[] {
  return columns(rowsOf(result))
}

/** The document of all benches: a table for each. */
export function toMarkdown(results: Result[], failures: Failure[]): string {
  const [first] = results
  const machine = first
    ? [
        `${first.machine.cpu}, ${first.machine.cores} cores, ${first.machine.memory_gb} GB`,
        first.machine.system,
        `Node ${first.machine.node}`,
      ]
    : []
  return [
    '# Benchmarks',
    '',
    'Written by `npm run bench`; what each measures is in [bench/README.md](../bench/README.md). A ratio compares with a baseline of the same run.',
    '',
    ...(machine.length > 0 ? [`Measured on ${machine.join('; ')}.`, ''] : []),
    ...results.flatMap(result => [
      `## ${result.bench}`,
      '',
      '| figure | value | bar | met |',
      '|---|---|---|---|',
      ...rowsOf(result).map(row => `| ${row.join(' | ')} |`),
      '',
    ]),
    ...(failures.length > 0
      ? ['## Without figures', '', ...failures.map(({ bench, reason }) => `- ${bench}: ${reason}`), '']
      : []),
  ].join('\n')
}

/** The figures of two runs beside each other; a figure with a bar that is more than a tenth worse is a regression. */
export function compare(before: Result, after: Result): { lines: string[]; regressions: string[] } {
  const rows: string[][] = []
  const regressions: string[] = []
  const earlier = figuresOf(before)
  for (const [name, now] of Object.entries(figuresOf(after))) {
    const then = earlier[name]
    if (typeof now !== 'number' || typeof then !== 'number') continue
    const bar = after.bars[name]
    const isWorse = bar !== undefined && ('atLeast' in bar ? now < then * 0.9 : now > then * 1.1)
    if (isWorse) regressions.push(`${after.bench} ${name}`)
    rows.push([name, `${then}`, `${now}`, then === 0 ? '' : `${(now / then).toFixed(2)}x`, isWorse ? 'regression' : ''])
  }
  return { lines: columns(rows), regressions }
}

function rowsOf(result: Result): string[][] {
  return Object.entries(figuresOf(result)).map(([name, value]) => {
    const bar = result.bars[name]
    const text = typeof value === 'object' ? JSON.stringify(value) : `${value}`
    return [name, text, bar ? textOf(bar) : '', bar ? (isMet(bar, value) ? 'yes' : 'NO') : '']
  })
}

function columns(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map(row => row[at]?.length ?? 0)))
  return rows.map(row =>
    row
      .map((text, at) => text.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
