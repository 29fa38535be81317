import { z } from 'zod'

/** What can be made to happen right before a line of a print is run. Lines of the job are counted from 1. */
export const faultRequest = z.object({
  line: z.int().min(1),
  how: z.enum(['error', 'pause', 'cancel', 'shutdown', 'disconnect', 'stall']),
  message: z.string().max(500).optional(),
})
export type Fault = z.infer<typeof faultRequest>

/** Planned faults; each happens once, in the next print that comes so far. */
export function createFaults() {
  let planned: Fault[] = []
  /** The earliest line of all of them: the only thing that the print's loop has to look at. */
  let next = Number.POSITIVE_INFINITY

  function sort(): void {
    planned.sort((a, b) => a.line - b.line)
    next = planned[0]?.line ?? Number.POSITIVE_INFINITY
  }

  return {
    plan(fault: Fault): void {
      planned.push(fault)
      sort()
    },
    clear(): void {
      planned = []
      sort()
    },
    nextLine: () => next,
    take(): Fault | undefined {
      const fault = planned.shift()
      sort()
      return fault
    },
  }
}
export type Faults = ReturnType<typeof createFaults>
