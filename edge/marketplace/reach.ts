import type { ErrorCode } from '../../schema/http/errors.ts'
import { type Changes, createChanges } from '../changes.ts'

/** What the last calls say about the marketplace. */
export interface Reach {
  /** Whether it answered when it was last asked; null before. */
  isReached: () => boolean | null
  /** How far this host's clock is ahead of the marketplace's, in milliseconds (negative: behind); null before its first answer. */
  clockAheadMs: () => number | null
  /** Why it refuses the printer's own token; null while it accepts it. */
  tokenRefusal: () => ErrorCode | null
  changes: Changes
  record: (facts: ReachFacts) => void
}

/** A missing fact stays as it was. */
interface ReachFacts {
  isReached?: boolean
  clockAheadMs?: number
  tokenRefusal?: ErrorCode | null
}

/** The Date header has whole seconds, and an answer takes its time: smaller changes mean nothing. */
const clockStepMs = 5000

export function createReach(): Reach {
  const changes = createChanges()
  let facts: Required<{ [Name in keyof ReachFacts]: ReachFacts[Name] | null }> = {
    isReached: null,
    clockAheadMs: null,
    tokenRefusal: null,
  }
  return {
    isReached: () => facts.isReached,
    clockAheadMs: () => facts.clockAheadMs,
    tokenRefusal: () => facts.tokenRefusal,
    changes,
    record(next) {
      const before = facts
      facts = { ...facts, ...next }
      const isSameClock =
        before.clockAheadMs !== null &&
        facts.clockAheadMs !== null &&
        Math.abs(facts.clockAheadMs - before.clockAheadMs) < clockStepMs
      if (isSameClock) facts.clockAheadMs = before.clockAheadMs
      const isChanged = (Object.keys(facts) as (keyof ReachFacts)[]).some(name => facts[name] !== before[name])
      if (isChanged) changes.emit()
    },
  }
}
