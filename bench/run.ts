/**
 * Runs a bench: `npm run bench -- NAME`, `--json` for one line of JSON, `--compare FILE` beside the JSON of an earlier run. Without
 * a name all benches run, one after the other, and docs/benchmarks.md is written. A bench is a file bench/NAME.ts that exports `run`.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { Bars } from './report/bars.ts'
import { type Failure, type Figures, type Result, thisMachine } from './report/result.ts'
import { compare, toLines, toMarkdown } from './report/table.ts'

interface Bench {
  run: (args: string[]) => Promise<Figures>
  /** What the figures must be. */
  bars?: Bars
}

const names = readdirSync(import.meta.dirname)
  .filter(file => file.endsWith('.ts') && file !== 'run.ts')
  .map(file => file.slice(0, -'.ts'.length))
const document = 'docs/benchmarks.md'

const { isJson, compareWith, args } = readArguments(process.argv.slice(2))
const [name, ...options] = args
if (name === undefined) runAll()
else await runOne(name, options)

async function runOne(name: string, options: string[]): Promise<void> {
  if (!names.includes(name)) usage()
  const bench = (await import(`./${name}.ts`)) as Bench
  if (options.length > 0 && bench.run.length === 0) usage()
  const started = performance.now()
  const figures = await bench.run(options).catch((error: unknown) => {
    exit(`The bench ${name} ended without figures: ${error instanceof Error ? error.message : error}`)
  })
  const result: Result = {
    bench: name,
    ...figures,
    bars: bench.bars ?? {},
    seconds: Math.round((performance.now() - started) / 1000),
    machine: thisMachine(),
  }
  if (compareWith) showComparison([result])
  else if (!isJson) console.log(toLines(result).join('\n'))
  if (isJson) console.log(JSON.stringify(result))
}

function runAll(): void {
  const results: Result[] = []
  const failures: Failure[] = []
  for (const name of names) {
    process.stderr.write(`${name} ...\n`)
    const outcome = runInProcess(name)
    if (typeof outcome === 'string') failures.push({ bench: name, reason: outcome })
    else results.push(outcome)
    process.stderr.write(`${typeof outcome === 'string' ? outcome : toLines(outcome).join('\n')}\n\n`)
    // After each: all together take most of an hour.
    writeFileSync(document, toMarkdown(results, failures, readNotes()))
  }
  if (compareWith) showComparison(results)
  if (isJson) for (const result of results) console.log(JSON.stringify(result))
  else console.log(`${document} is written: ${results.length} benches with figures, ${failures.length} without.`)
  if (failures.length > 0) process.exitCode = 1
}

/** What people have written about the figures of a bench, and why a bar is missed: bench/notes/NAME.md. */
function readNotes(): Record<string, string> {
  const folder = `${import.meta.dirname}/notes`
  const files = readdirSync(folder).filter(file => file.endsWith('.md'))
  return Object.fromEntries(files.map(file => [file.slice(0, -3), readFileSync(`${folder}/${file}`, 'utf8')]))
}

/** Each bench has its own process, so that none measures the memory and settings that another has left. Returns the reason when there are no figures. */
function runInProcess(name: string): Result | string {
  const child = spawnSync(process.execPath, [...process.execArgv, process.argv[1]!, name, '--json'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lastLine = (text: string) => text.trimEnd().split('\n').at(-1)
  const result = lastLine(child.stdout)
  if (child.status === 0 && result) return JSON.parse(result) as Result
  return lastLine(child.stderr) || `The bench ended with ${child.signal ?? child.status}.`
}

/** FILE holds what `--json` printed earlier: a line for each bench. */
function showComparison(results: Result[]): void {
  const earlier = readFileSync(compareWith!, 'utf8')
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line) as Result)
  for (const result of results) {
    const before = earlier.find(one => one.bench === result.bench)
    if (!before) console.error(`${compareWith} has no figures of ${result.bench}.`)
    else {
      const { lines, regressions } = compare(before, result)
      console.error([result.bench, ...lines].join('\n'))
      if (regressions.length > 0) process.exitCode = 1
    }
  }
}

function readArguments(words: string[]) {
  const at = words.indexOf('--compare')
  const compareWith = at >= 0 ? words[at + 1] : undefined
  if (at >= 0 && compareWith === undefined) usage()
  const args = words.filter((word, index) => word !== '--json' && (at < 0 || (index !== at && index !== at + 1)))
  return { isJson: words.includes('--json'), compareWith, args }
}

function usage(): never {
  exit(`usage: npm run bench [-- NAME] [--json] [--compare FILE]\nNAME is one of: ${names.join(', ')}`)
}

function exit(message: string): never {
  console.error(message)
  process.exit(1)
}
