import { z } from 'zod'

const count = z.number().int().min(0).max(1_000_000)
const times = count.default(0)

/** How often each fault is still to happen, and delays. Each fault lowers its counter; tests set them at run time. */
export const faultsSchema = z.object({
  /** Push requests that are sent twice at the same time. */
  deliveriesToDouble: times,
  /** Push requests whose answer is lost: the endpoint did its work, and gets the message again. */
  pushAnswersToDrop: times,
  /** Uploads whose connection is cut in the middle of the body: of a session, whole units of 256 KiB stay. */
  uploadsToCut: times,
  /** Chunks of a session that are answered 503 before any of it is taken. */
  chunksToRefuse: times,
  /** Chunks of a session of which the first 256 KiB are taken; then the answer is 503. */
  chunksToBreak: times,
  /** Chunks of a session that are taken whole, and whose answer is lost with the connection. */
  chunkAnswersToDrop: times,
  /** Questions to a session how far it is that are answered 503. */
  statusesToRefuse: times,
  /** Sessions that are lost at their next chunk: 410 then, 404 from there on. */
  sessionsToLose: times,
  /** Downloads whose connection is cut in the middle of the body. */
  downloadsToCut: times,
  /** Requests of any kind to the storage that are answered 503 before anything is done. */
  storageRequestsToRefuse: times,
  /** Copies within the storage that are made, and whose answer is lost with the connection. */
  copyAnswersToDrop: times,
  /** Milliseconds that each request to the storage waits before it is handled. No counter: it stays until it is 0. */
  storageDelayMs: times,
})

export type Faults = z.infer<typeof faultsSchema>

/** Some of the faults, set while the process runs; the others stay as they are. */
export const someFaults = z.partialRecord(faultsSchema.keyof(), count)

/** True when the fault must happen now; lowers its counter. */
export function strikes(faults: Faults, fault: keyof Faults): boolean {
  if (faults[fault] <= 0) return false
  faults[fault] -= 1
  return true
}
