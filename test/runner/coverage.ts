import { mkdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { Report } from 'c8'

/**
 * Measuring costs a process a fifth more CPU, and a quarter of a second to evaluate each test file. CI therefore measures the
 * tests that call the code directly (`--coverage=schema/,...`), not those that run whole stacks, edges and printers.
 */
export interface Coverage {
  /** What a test file's process and those that it starts need to be measured; nothing for the files that are not asked for. */
  environmentFor: (file: string) => { NODE_V8_COVERAGE?: string }
  covers: (file: string) => boolean
  /** Lines and branches that ran, for each top folder of the product. */
  summary: () => Promise<string>
}

/** `--coverage` measures all files, `--coverage=WORD,WORD` those whose path holds a WORD. Its data is in a folder of `scratch`. */
export function readCoverage(args: string[], scratch: string): Coverage | undefined {
  const option = args.find(arg => /^--coverage(=|$)/.test(arg))
  if (!option) return undefined
  const words = (option.split('=')[1] ?? '').split(',')
  const folder = join(scratch, 'coverage')
  mkdirSync(folder)
  const covers = (file: string) => words.some(word => file.includes(word))
  return {
    covers,
    environmentFor: file => (covers(file) ? { NODE_V8_COVERAGE: folder } : {}),
    summary: async () =>
      `Ran by the tests of ${words.join(' ') || 'every folder'}:\n${await summaryOf(folder, scratch)}`,
  }
}

interface Count {
  total: number
  covered: number
}
type FileSummary = Record<'lines' | 'branches', Count>

const parts = ['schema', 'runtime', 'ledger', 'bff', 'cws', 'slicer', 'edge']

async function summaryOf(folder: string, scratch: string): Promise<string> {
  const report = new Report({
    tempDirectory: folder,
    reportsDirectory: scratch,
    reporter: ['json-summary'],
    // Our bundles: their source maps name the files.
    include: ['dist/**'],
    exclude: ['dist/packages/**'],
    extension: ['.js'],
    resolve: '',
  })
  await report.run()
  const files = JSON.parse(readFileSync(join(scratch, 'coverage-summary.json'), 'utf8')) as Record<string, FileSummary>
  const rows = [...parts, ''].map(part => {
    const inPart = Object.entries(files).filter(([path]) => isOf(part, path))
    const percent = (kind: keyof FileSummary) => percentOf(inPart.map(([, summary]) => summary[kind]))
    return `  ${(part || 'total').padEnd(8)} ${percent('lines')} of lines, ${percent('branches')} of branches`
  })
  return rows.join('\n')
}

function isOf(part: string, path: string): boolean {
  const top = relative('.', path).split('/')[0] ?? ''
  return part ? top === part : parts.includes(top)
}

function percentOf(counts: Count[]): string {
  const sum = (kind: keyof Count) => counts.reduce((sum, count) => sum + count[kind], 0)
  return sum('total') === 0 ? '    -' : `${((100 * sum('covered')) / sum('total')).toFixed(1).padStart(5)} %`
}
