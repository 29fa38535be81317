import { isMet, textOf } from './bars.ts'
import { type Failure, flatFigures, type Result } from './result.ts'

/** The figures as lines for a terminal, with their bars. */
export function toLines(result: Result): string[] {
  return columns(rowsOf(result))
}

/** The document of all benches: a table for each, and what people have written about its figures (`notes`, by bench). */
export function toMarkdown(results: Result[], failures: Failure[], notes: Record<string, string> = {}): string {
  return [
    '# Benchmarks',
    '',
    'Written by `npm run bench`; what each measures is in [bench/README.md](../bench/README.md). A ratio compares with a baseline of the same run.',
    'The texts below the tables are kept by hand, in `bench/notes/`.',
    '',
    ...aboutMachine(results),
    '## Bars',
    '',
    ...table(
      ['bench', 'figure', 'value', 'bar', 'met'],
      results.flatMap(result => barRowsOf(result).map(row => [result.bench, ...row])),
    ),
    ...results.flatMap(result => [
      `## ${result.bench}`,
      '',
      `${result.seconds} s.`,
      '',
      ...table(['figure', 'value', 'bar', 'met'], rowsOf(result)),
      ...noteOn(result, notes[result.bench]),
    ]),
    ...(failures.length > 0
      ? ['## Without figures', '', ...failures.map(({ bench, reason }) => `- ${bench}: ${reason}`), '']
      : []),
  ].join('\n')
}

function aboutMachine([first]: Result[]): string[] {
  if (!first) return []
  const { cpu, cores, memory_gb, system, node, versions } = first.machine
  const words = [`${cpu}, ${cores} cores, ${memory_gb} GB`, system, `Node ${node}`, versions.join(', ')]
  return [`Measured on ${words.join('; ')}.`, '']
}

/** A bar that is missed has an explanation; it is asked for here until somebody has written it. */
function noteOn(result: Result, note: string | undefined): string[] {
  const isMissed = barRowsOf(result).some(([, , , met]) => met === missed)
  if (note) return [note.trim(), '']
  return isMissed ? [`A bar is missed and not explained yet: write bench/notes/${result.bench}.md.`, ''] : []
}

const missed = 'NO'

function table(head: string[], rows: string[][]): string[] {
  return [head, head.map(() => '---'), ...rows].map(row => `| ${row.join(' | ')} |`).concat('')
}

function barRowsOf(result: Result): string[][] {
  return rowsOf(result).filter(([, , bar]) => bar)
}

/** The figures of two runs beside each other; a figure with a bar that is more than a tenth worse is a regression. */
export function compare(before: Result, after: Result): { lines: string[]; regressions: string[] } {
  const rows: string[][] = []
  const regressions: string[] = []
  const earlier = flatFigures(before)
  for (const [name, now] of Object.entries(flatFigures(after))) {
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
  return Object.entries(flatFigures(result)).map(([name, value]) => {
    const bar = result.bars[name]
    const text = typeof value === 'object' ? JSON.stringify(value) : `${value}`
    return [name, text, bar ? textOf(bar) : '', bar ? (isMet(bar, value) ? 'yes' : missed) : '']
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
