import type { Readable } from 'node:stream'

/** The bucket that holds what is encrypted: models and sealed G-code. Names are object names; addresses are gs://bucket/name. */
export interface Bucket {
  uri: (name: string) => string
  /**
   * Uploads a stream in constant memory; nothing is visible under the name before all of it is there.
   * Errors: unavailable, and what the source throws.
   */
  write: (name: string, source: AsyncIterable<Buffer>) => Promise<void>
  /** Streams bytes [start, end] (both included) of the object at an address of ours. */
  read: (uri: string, range?: { start: number; end: number }) => Readable
  /** Deletes the object at an address of ours; one that is gone is fine. */
  remove: (uri: string) => Promise<void>
}
