import { z } from 'zod'

/** Faults that can be injected right before a line of a print. Lines of the job are counted from 1. */
export const faultRequest = z.object({
  line: z.int().min(1),
  how: z.enum(['error', 'pause', 'cancel', 'shutdown', 'disconnect', 'stall']),
  message: z.string().max(500).optional(),
})
export type Fault = z.infer<typeof faultRequest>

/** Planned faults; each happens once, in the next print that reaches its line. */
export function createFaults() {
  let planned: Fault[] = []
  /** The earliest line of all faults, so that the print's loop compares one number. */
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
