import { z } from 'zod'

const count = z.number().int().min(0).max(1_000_000)
const times = count.default(0)

/** What shall go wrong, and how often still. Each occasion takes one off; tests raise the counters while all runs. */
export const faultsSchema = z.object({
  /** Push requests that are sent twice at the same time. */
  deliveriesToDouble: times,
  /** Push requests whose answer is lost: the endpoint did its work, and gets the message again. */
  pushAnswersToDrop: times,
  /** Uploads whose connection is cut in the middle of the body. */
  uploadsToCut: times,
  /** Downloads whose connection is cut in the middle of the body. */
  downloadsToCut: times,
})

export type Faults = z.infer<typeof faultsSchema>

/** Some of them, as the process is told while it runs; the others stay as they are. */
export const someFaults = z.partialRecord(faultsSchema.keyof(), count)

/** True when the fault shall happen now. */
export function strikes(faults: Faults, fault: keyof Faults): boolean {
  if (faults[fault] <= 0) return false
  faults[fault] -= 1
  return true
}
