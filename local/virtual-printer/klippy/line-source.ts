/** The source of virtual_sdcard's lines: an open file, or the stream with which STREAM_GCODE_LINE replaces it. */
export interface LineSource {
  /** The absolute path, as virtual_sdcard.file_path shows it. */
  name: string
  /** Bytes in all; 0 while that is not known. */
  size: () => number
  /** True once lines arrive; before that, nothing waits for the next line. */
  isBegun: () => boolean
  /** Returns the available whole lines that have not run yet. Throws GcodeError when the source has failed. */
  peek: () => Buffer | 'starved' | 'end'
  /** Marks this many bytes of peek's result as run. */
  consume: (bytes: number) => void
  /** Resolves when peek may have a new answer, and at a regular interval. */
  more: () => Promise<void>
  close: (how: { ended: boolean; position: number }) => void
  /** Drops everything immediately without a goodbye, as a shutdown or the end of the process does. */
  drop: () => void
}

const newline = 0x0a

/** Collects chunks and returns whole lines. */
export function createLineBuffer() {
  let chunks: Buffer[] = []
  let bytes = 0

  return {
    bytes: () => bytes,
    add(chunk: Buffer): void {
      chunks.push(chunk)
      bytes += chunk.length
    },
    /** `isEnd`: nothing follows, so that the rest counts as a line although it has no newline. */
    lines(isEnd: boolean): Buffer | undefined {
      for (;;) {
        const [first, second] = chunks
        if (!first) return undefined
        const end = first.lastIndexOf(newline) + 1
        if (end > 0) return first.subarray(0, end)
        if (!second) return isEnd ? first : undefined
        chunks.splice(0, 2, Buffer.concat([first, second]))
      }
    },
    consume(count: number): void {
      const first = chunks[0]
      if (!first || count > first.length) throw new RangeError('more was consumed than was given')
      if (count === first.length) chunks.shift()
      else chunks[0] = first.subarray(count)
      bytes -= count
    },
    clear(): void {
      chunks = []
      bytes = 0
    },
  }
}

/** Lets one waiter sleep until it is woken, or a time limit is over. */
export function createBell() {
  let wake: (() => void) | null = null
  return {
    wait: (atMostMs: number) =>
      new Promise<void>(resolve => {
        const timer = setTimeout(resolve, atMostMs)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      }),
    wake: () => wake?.(),
  }
}
