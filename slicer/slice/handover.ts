/** Where an engine's G-code changes hands: one chunk at a time, and either side can call it off. */
export interface Handover {
  /** Resolves when the chunk has been worked through. Rejects once it was called off. */
  give: (chunk: Buffer) => Promise<void>
  /** Nothing follows. */
  end: () => void
  /** Calls it off, on both sides; the first reason stays. */
  fail: (reason: unknown) => void
  /** To be iterated once. */
  chunks: AsyncIterable<Buffer>
}

/**
 * A TransformStream would do, but for one thing: it cannot be ended while a chunk is in it that nobody takes, and a chunk
 * that nobody takes is just what is there when an upload fails.
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
