import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openLane } from './lane.ts'

const test = suite('files that share a process')
/** This file runs in it, too. */
const program = process.argv[1]!
/** Beside the worker, where `uvu` is found. */
const sources = join(dirname(program), `sources-${process.pid}`)
const scratch = mkdtempSync(join(tmpdir(), 'lane-'))
mkdirSync(sources)
test.after(() => {
  for (const folder of [sources, scratch]) rmSync(folder, { recursive: true })
})

const head = "import { suite } from 'uvu'\nconst test = suite('made')\n"
const passing = `${head}test('passes', () => {})\ntest.run()`

/** What came of files with these contents, run by one lane in this order, each with its process's id. */
async function outcomesOf(contents: Record<string, string>, { alone = '', timeLimitMs = 30_000 } = {}) {
  const pidOf = (output: string) => Number(/^pid (\d+)$/m.exec(output)?.[1])
  for (const [name, text] of Object.entries(contents)) {
    writeFileSync(join(sources, `${name}.js`), `console.log('pid', process.pid)\n${text}`)
  }
  const lane = openLane({
    program,
    outputFile: join(scratch, 'output'),
    // Each only once in a process, as modules are.
    bundleOf: name => join(sources, `${name}.js`),
    environmentFor: () => ({ FORCE_COLOR: '0', GIVEN: 'given' }),
    runsAlone: name => name === alone,
    timeLimitMs,
  })
  const outcomes: { status: number | null; isLate: boolean; output: string; pid: number }[] = []
  for (const name of Object.keys(contents)) {
    const { status, isLate, output } = await lane.run(name)
    outcomes.push({ status, isLate, output, pid: pidOf(output) })
  }
  await lane.close()
  return outcomes
}

test('good files run in one process, each with its own totals', async () => {
  const [first, second] = await outcomesOf({ 'good-1': passing, 'good-2': passing })
  assert.is(first!.pid, second!.pid)
  for (const { status, output } of [first!, second!]) {
    assert.is(status, 0)
    assert.match(output, /Total: +1\n +Passed: +1/)
  }
})

test('a failure is reported, and the next file runs in another process', async () => {
  const failing = `${head}test('fails', () => { throw new Error('on purpose') })\ntest.run()`
  const [bad, good] = await outcomesOf({ 'bad-1': failing, 'good-3': passing })
  assert.is(bad!.status, 1)
  assert.match(bad!.output, 'on purpose')
  assert.is(good!.status, 0)
  assert.is.not(bad!.pid, good!.pid)
})

test('a file that throws, ends the process, never ends or leaves a handle open hides nothing of the next', async () => {
  const outcomes = await outcomesOf(
    {
      throws: "throw new Error('while loading')",
      'good-4': passing,
      exits: 'process.exit(3)',
      waits: 'await new Promise(() => {})',
      holds: `${passing}\nsetInterval(() => {}, 1000)`,
      'good-5': passing,
    },
    { timeLimitMs: 12_000 },
  )
  assert.equal(
    outcomes.map(({ status, isLate }) => [status, isLate]),
    [
      [1, false],
      [0, false],
      [3, false],
      [13, false],
      [null, true],
      [0, false],
    ],
  )
  assert.match(outcomes[0]!.output, 'while loading')
})

test('variables that a file sets are gone for the next', async () => {
  const setting = `process.env.LEFT = 'left'\ndelete process.env.GIVEN\n${passing}`
  const looking = `console.log('sees', process.env.LEFT, process.env.GIVEN)\n${passing}`
  const [set, looked] = await outcomesOf({ sets: setting, looks: looking })
  assert.is(set!.pid, looked!.pid)
  assert.match(looked!.output, 'sees undefined given')
})

test('a file that runs alone shares its process with none', async () => {
  const outcomes = await outcomesOf({ 'good-6': passing, 'good-7': passing, 'good-8': passing }, { alone: 'good-7' })
  assert.is(new Set(outcomes.map(({ pid }) => pid)).size, 3)
})

test.run()
