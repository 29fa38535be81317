import type { Readable } from 'node:stream'

/** The bucket for encrypted models and sealed G-code. Names are object names; addresses are gs://bucket/name. */
export interface Bucket {
  uri: (name: string) => string
  /**
   * Uploads a stream in constant memory. The object appears when it is complete. Errors: unavailable, and the source's.
   */
  write: (name: string, source: AsyncIterable<Buffer>) => Promise<void>
  /** Streams bytes [start, end] (both included) of the object at an address in our bucket. */
  read: (uri: string, range?: { start: number; end: number }) => Readable
  /** Deletes the object at an address in our bucket, if it exists. */
  remove: (uri: string) => Promise<void>
}
