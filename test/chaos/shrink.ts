import type { Plan } from './plan.ts'
import type { RunResult } from './run.ts'

export interface Least {
  plan: Plan
  result: RunResult
}

/**
 * Finds the faults that a failure takes: leaves out one after the other, for as long as the run still breaks. `again` runs a
 * plan on a marketplace that has observed no other. The scheduling of processes is not the seed's: what does not break a second
 * time stays in, so that it reports too many faults rather than too few.
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
