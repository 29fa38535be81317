/**
 * Runs the tests, file after file in a few processes (lane.ts): a crash, a hang or an open handle fails one file and not the run.
 * `npm test`, `npm test -- WORD` for the files whose path holds WORD, `--strict` to count a skipped test as failed.
 * `--coverage`, `--coverage=WORD,WORD`: what of the code the tests ran (coverage.ts).
 * LMNT_TEST_SCRATCH: where it makes the folder for all that the tests write, instead of memory.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { join, resolve as toAbsolute } from 'node:path'
import { build } from '../../local/build.ts'
import { startTestPostgres } from '../make/postgres-server.ts'
import { bundleOf, bundleTests, reaperOf, workerOf } from './bundle.ts'
import { readCoverage } from './coverage.ts'
import { findTests, isLong, runsAlone } from './find.ts'
import { type Lane, openLane } from './lane.ts'
import { makeScratch } from './scratch.ts'

interface Outcome {
  file: string
  passed: number
  failed: number
  skipped: number
  seconds: number
}

const words = process.argv.slice(2).filter(word => !word.startsWith('--'))
const isStrict = process.argv.includes('--strict')
const files = findTests().filter(file => words.length === 0 || words.some(word => file.includes(word)))
if (files.length === 0) {
  console.error(`no test file matches ${words.join(' ')}`)
  process.exit(1)
}

const timeLimitMs = 480_000

/** More than this is no bad luck. */
const mostTriedAgain = 3

/** Files at a time for each core: most of their time they wait, for a printer, a payment or a retry. */
const filesPerCore = 3
/** However many cores there are: the database takes 300 connections, a file opens up to 25. */
const mostFiles = 12

// Before there is anything to be cleaned up: a file that cannot be read ends the run here.
const [bundles] = await Promise.all([bundleTests(files).then(folder => toAbsolute(folder)), build()])
const scratch = makeScratch(process.env.LMNT_TEST_SCRATCH)
process.env.TMPDIR = scratch
process.env.LMNT_TEST_SHARED = scratch
const coverage = readCoverage(process.argv, scratch)
const reaper = spawn(process.execPath, [reaperOf(bundles), bundles, scratch], {
  detached: true,
  stdio: ['pipe', 'ignore', 'inherit'],
})
let isEnding = false
let lanes = 0
for (const reason of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'] as const) {
  process.once(reason, () => {
    isEnding = true
    console.error(`\nended by ${reason}`)
    void cleanUp().then(() => process.exit(1))
  })
}
const postgres = await startTestPostgres()
const outcomes: Outcome[] = []
try {
  const queue = inOrder(files)
  await Promise.all(
    Array.from({ length: Math.min(mostFiles, availableParallelism() * filesPerCore) }, () =>
      inLane(async lane => {
        for (let file = queue.shift(); file && !isEnding; file = queue.shift()) {
          const outcome = await runFile(file, lane)
          if (outcome) outcomes.push(outcome)
        }
      }),
    ),
  )
  await tryAgain()
  if (coverage) console.log(`\n${await coverage.summary()}`)
} finally {
  await cleanUp()
}

const total = (field: 'passed' | 'failed' | 'skipped') => outcomes.reduce((sum, outcome) => sum + outcome[field], 0)
const failed = outcomes.filter(outcome => outcome.failed > 0 || (isStrict && outcome.skipped > 0))
if (failed.length > 0) console.log(`\nfailed: ${failed.map(outcome => outcome.file).join(', ')}`)
console.log(`\n${total('passed')} passed, ${total('failed')} failed, ${total('skipped')} skipped`)
process.exit(failed.length > 0 ? 1 : 0)

/** Ends and removes all that this run has made. */
async function cleanUp(): Promise<void> {
  if (reaper.exitCode !== null) return
  const ended = once(reaper, 'exit')
  reaper.stdin.end()
  await ended
}

/**
 * Whole stacks and real Klippy share the cores with the other files here, and may be too late for once. A file that failed
 * has the machine to itself for a second try; what failed the first time stays in the output, for somebody to look at.
 */
async function tryAgain(): Promise<void> {
  const failed = outcomes.filter(outcome => outcome.failed > 0)
  if (failed.length > mostTriedAgain) return
  for (const first of failed) {
    console.log(`\nagain, with nothing beside it: ${first.file}`)
    await inLane(async lane => {
      outcomes[outcomes.indexOf(first)] = (await runFile(first.file, lane)) ?? first
    })
  }
}

/** The longest first: a long file that begins last keeps one core busy while the others have nothing to do. The rest by worker. */
function inOrder(files: string[]): string[] {
  const ranked = files.map(file => ({ file, rank: rankOf(file) }))
  return ranked.sort((a, b) => a.rank - b.rank).map(({ file }) => file)
}

function rankOf(file: string): number {
  if (isLong(file)) return 0
  if (runsAlone(file)) return 1
  return coverage?.covers(file) ? 2 : 3
}

async function inLane(work: (lane: Lane) => Promise<void>): Promise<void> {
  const environmentFor = (file: string) => ({
    ...coverage?.environmentFor(file),
    LMNT_TEST_POSTGRES: postgres.socketDir,
    FORCE_COLOR: '0',
    NODE_ENV: 'test',
  })
  const lane = openLane({
    program: workerOf(bundles),
    outputFile: join(scratch, `output-${++lanes}`),
    bundleOf: file => bundleOf(file, bundles),
    environmentFor,
    runsAlone,
    timeLimitMs,
  })
  await work(lane)
  if (!isEnding) await lane.close()
}

/** Runs one file and reads uvu's totals; a file that ends badly, late or without a test counts as one failure more. */
async function runFile(file: string, lane: Lane): Promise<Outcome | undefined> {
  const started = Date.now()
  const { output, isLate, status, cpuSeconds } = await lane.run(file)
  if (isEnding) return undefined
  const counts = readTotals(output)
  // uvu's total does not count what was skipped.
  const failed = counts.total - counts.passed
  const hasNoTest = counts.total + counts.skipped === 0
  const outcome: Outcome = {
    file,
    passed: counts.passed,
    failed: (status !== 0 || hasNoTest) && failed === 0 ? 1 : failed,
    skipped: counts.skipped,
    seconds: (Date.now() - started) / 1000,
  }
  const mark = outcome.failed > 0 ? 'FAIL' : 'ok  '
  const skipped = outcome.skipped > 0 ? `, ${outcome.skipped} skipped` : ''
  console.log(
    `${mark} ${file} ${outcome.passed}/${counts.total}${skipped} (${outcome.seconds.toFixed(1)} s, CPU ${cpuSeconds.toFixed(1)} s)`,
  )
  if (outcome.failed > 0) {
    if (isLate) console.log(`     did not end within ${timeLimitMs / 1000} s: a promise or a handle is open`)
    else if (hasNoTest) console.log('     ran no test: does the file call .run()?')
    console.log(output.replace(/^/gm, '     '))
  }
  return outcome
}

function readTotals(output: string): { total: number; passed: number; skipped: number } {
  const last = (label: string) =>
    Number([...output.matchAll(new RegExp(`^\\s*${label}:\\s+(\\d+)`, 'gm'))].at(-1)?.[1] ?? 0)
  return { total: last('Total'), passed: last('Passed'), skipped: last('Skipped') }
}
