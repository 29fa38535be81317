/** The question on the screens whether the printer may change its owner: at most one is open at a time. */
export interface OwnerQuestion {
  /** The user of the open question; null when none is open. */
  askedFor: string | null
  /** Milliseconds of performance.now(). */
  refusedUntil: number
  /** Resolves when no question is open. */
  settled: Promise<void>
}

export function createOwnerQuestion(): OwnerQuestion {
  return { askedFor: null, refusedUntil: 0, settled: Promise.resolve() }
}
