/** The question at the printer's screens whether it may change its owner: at most one stands at a time. */
export interface OwnerQuestion {
  /** Whose question stands at the printer. */
  askedFor: string | null
  /** Milliseconds of performance.now(). */
  refusedUntil: number
  /** Resolves when no question stands. */
  settled: Promise<void>
}

export function createOwnerQuestion(): OwnerQuestion {
  return { askedFor: null, refusedUntil: 0, settled: Promise.resolve() }
}
