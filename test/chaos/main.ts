/** `npm run chaos -- --seed S --runs N`: see README.md. */
import { parseArgs } from 'node:util'
import { build } from '../../local/build.ts'
import { makePlan, type Plan } from './plan.ts'
import { type RunResult, runOnce } from './run.ts'
import { shrink } from './shrink.ts'
import { printerCount, startWorld, type World } from './world.ts'

const usage = `npm run chaos                       ten runs, with seeds that are drawn
npm run chaos -- --runs N           so many runs
npm run chaos -- --seed S           the runs of the seeds S, S + 1, ...; --runs 1 is the run of S alone
npm run chaos -- --keep             leaves the data and logs where they are
npm run chaos -- --trace            tells what happened in the runs that went well, too`

main().then(
  status => process.exit(status),
  error => {
    console.error(error)
    process.exit(1)
  },
)

async function main(): Promise<number> {
  const options = readOptions()
  await build()
  let world = await startWorld(() => {})
  let interrupted = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      interrupted = true
    })
  }
  /** After a failed run, the next one needs a fresh stack: it would find the same broken rows. */
  const runAfresh = async (plan: Plan): Promise<RunResult> => {
    await leave(world, options.keep)
    world = await startWorld(() => {})
    return runOnce(world, plan)
  }
  let [runs, faults, broken] = [0, 0, 0]
  let isBroken = false
  const failed: number[] = []
  try {
    for (; runs < options.runs && !interrupted; runs++) {
      const seed = options.seed + runs
      const plan = makePlan(seed, printerCount)
      const result: RunResult = await (isBroken ? runAfresh(plan) : runOnce(world, plan))
      faults += result.faults
      broken += result.broken.length
      console.log(describe(seed, result, options.trace))
      isBroken = result.broken.length > 0
      if (!isBroken) continue
      failed.push(seed)
      const least = await shrink({ plan, result }, runAfresh)
      console.log(`  with only these faults of it:\n${least.plan.faults.map(show).join('\n')}`)
      console.log(describe(seed, least.result, true))
    }
  } finally {
    await leave(world, options.keep)
  }
  if (failed.length > 0) console.log(`\nagain by: npm run chaos -- --runs 1 --seed ${failed.join(' | ')}`)
  console.log(`${runs} runs, ${faults} faults injected, ${broken} invariants broken (seeds from ${options.seed})`)
  return broken > 0 || runs < options.runs ? 1 : 0
}

async function leave(world: World, isKept: boolean): Promise<void> {
  if (!isKept) return world.close()
  console.log(`data and logs: ${world.folders.data}`)
  await world.stop()
}

function describe(seed: number, { faults, done, broken, trace, seconds }: RunResult, isWhole: boolean): string {
  const line = `${broken.length > 0 ? 'FAIL' : 'ok  '} seed ${seed}  ${faults} faults, ${done}, ${seconds.toFixed(1)} s`
  if (broken.length === 0 && !isWhole) return line
  const rows = broken.map(one => `  broken: ${one.invariant}\n${one.rows.map(show).join('\n')}`)
  return [line, ...rows, '  what happened:', ...trace.map(text => `    ${text}`)].join('\n')
}

function show(row: unknown): string {
  const text = JSON.stringify(row, (_key, value) => (typeof value === 'bigint' ? String(value) : value))
  return `    ${text}`
}

function readOptions(): { seed: number; runs: number; keep: boolean; trace: boolean } {
  try {
    const { values } = parseArgs({
      options: {
        seed: { type: 'string' },
        runs: { type: 'string' },
        keep: { type: 'boolean', default: false },
        trace: { type: 'boolean', default: false },
      },
    })
    const number = (text: string | undefined, otherwise: number) => {
      const value = text === undefined ? otherwise : Number(text)
      if (!Number.isSafeInteger(value) || value < 0) throw new Error(`"${text}" is not a whole number.`)
      return value
    }
    return {
      seed: number(values.seed, Math.floor(Math.random() * 1e6)),
      runs: number(values.runs, 10),
      keep: values.keep,
      trace: values.trace,
    }
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`)
    process.exit(1)
  }
}
