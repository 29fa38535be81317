/** The bucket's objects, as the slicer uses them: by their gs:// addresses, which the marketplace gives it. */
export interface ObjectStore {
  /** Reads a whole object. Errors: model_corrupt (missing, or larger than `maxBytes`), unavailable. */
  read: (uri: string, options: { maxBytes: number; signal: AbortSignal }) => Promise<Buffer>
  /** Streams an object. The stream fails when the object is missing and when the storage stops sending. */
  open: (uri: string, options: { signal: AbortSignal }) => AsyncIterable<Buffer>
  /** Copies an object within the storage. Errors: unavailable, the signal's reason. */
  copy: (from: string, to: string, options: { signal: AbortSignal }) => Promise<void>
  /**
   * Writes an object as a stream; it appears when all of it is written, or not at all.
   * Errors: unavailable, and errors of the source.
   */
  write: (uri: string, source: AsyncIterable<Buffer>, options: WriteOptions) => Promise<void>
  /** Removes an object, if it is there. Errors: unavailable. */
  remove: (uri: string) => Promise<void>
}

export interface WriteOptions {
  metadata: Record<string, string>
  signal: AbortSignal
}
