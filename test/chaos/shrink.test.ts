import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { PlannedFault } from './fault-plan.ts'
import { makePlan, type Plan } from './plan.ts'
import type { RunResult } from './run.ts'
import { shrink } from './shrink.ts'

const test = suite('the faults that a failure needs')

const kill = (victim: 'bff' | 'cws' | 'slicer' | 'edge'): PlannedFault => ({
  atMs: 1,
  after: 'start',
  fault: { kind: 'kill', victim },
})
const faults = [kill('bff'), kill('cws'), kill('slicer'), kill('edge')]

test('a shrunk run keeps only the faults that it needs to break', async () => {
  const takes = [faults[1]!, faults[3]!]
  const run = async (plan: Plan): Promise<RunResult> => {
    const isBroken = takes.every(fault => plan.faults.includes(fault))
    return {
      faults: 0,
      done: '',
      broken: isBroken ? [{ invariant: 'paid once', rows: [] }] : [],
      trace: [],
      seconds: 0,
    }
  }
  const plan = { ...makePlan(1, 2), faults }
  const least = await shrink({ plan, result: await run(plan) }, run)
  assert.equal(least.plan.faults, takes)
  assert.is(least.result.broken.length, 1)
})

test.run()
