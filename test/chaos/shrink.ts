import type { Plan } from './plan.ts'
import type { RunResult } from './run.ts'

export interface Least {
  plan: Plan
  result: RunResult
}

/**
 * Finds the faults that a failure needs: leaves out one after the other, as long as the run still fails. `again` runs a plan on
 * a fresh marketplace. The seed does not decide the scheduling of processes: a fault stays in when the run without it passes once,
 * so the result may have too many faults rather than too few.
 */
export async function shrink(failed: Least, again: (plan: Plan) => Promise<RunResult>): Promise<Least> {
  let least = failed
  for (const fault of failed.plan.faults) {
    const plan = { ...least.plan, faults: least.plan.faults.filter(one => one !== fault) }
    const result = await again(plan)
    if (result.broken.length > 0) least = { plan, result }
  }
  return least
}
