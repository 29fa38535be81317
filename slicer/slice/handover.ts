/** Passes an engine's G-code to a reader, one chunk at a time. Either side can abort. */
export interface Handover {
  /** Resolves when the reader has processed the chunk. Rejects after an abort. */
  give: (chunk: Buffer) => Promise<void>
  /** Ends the G-code. */
  end: () => void
  /** Aborts both sides. Only the first reason counts. */
  fail: (reason: unknown) => void
  /** Can be iterated once. */
  chunks: AsyncIterable<Buffer>
}

/**
 * Not a TransformStream, because that cannot be ended while it holds an unread chunk, which is the case when an upload
 * fails.
 */
export function createHandover(): Handover {
  let offered: { chunk: Buffer; taken: () => void; refused: (reason: unknown) => void } | undefined
  let isEnded = false
  let failure: { reason: unknown } | undefined
  let wake = () => {}

  async function* chunks(): AsyncGenerator<Buffer> {
    for (;;) {
      if (failure) throw failure.reason
      if (offered) {
        const { chunk, taken } = offered
        yield chunk
        offered = undefined
        taken()
      } else if (isEnded) {
        return
      } else {
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
    }
  }

  return {
    chunks: chunks(),
    give: chunk =>
      new Promise((taken, refused) => {
        if (failure) return refused(failure.reason)
        offered = { chunk, taken, refused }
        wake()
      }),
    end: () => {
      isEnded = true
      wake()
    },
    fail: reason => {
      failure ??= { reason }
      offered?.refused(failure.reason)
      wake()
    },
  }
}
