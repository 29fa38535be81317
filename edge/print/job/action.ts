import type { Outcome } from './outcome.ts'
import type { JobRecord } from './record.ts'
import type { Activity, Ending } from './state.ts'

type Print = NonNullable<JobRecord['print']>

/** One thing to do now. An action that is no longer planned is stopped. */
export type Action =
  /** Claims the job again at the marketplace. */
  | { kind: 'claim' }
  | { kind: 'stub' }
  | { kind: 'spool' }
  | { kind: 'ask' }
  /** Removes the message about a "Not now" from the display. */
  | { kind: 'withdraw'; nonce: string }
  | { kind: 'open' }
  /** Waits until Moonraker has read the stub. */
  | { kind: 'read-stub'; stub: string }
  | { kind: 'start'; stub: string }
  | { kind: 'progress'; isRunning: boolean; progress: number; activity: Activity | null }
  /** Waits until Klipper has run every command sent so far. */
  | { kind: 'drain-queue' }
  | { kind: 'cancel' }
  | { kind: 'pause' }
  | { kind: 'resume' }
  | { kind: 'find-history-id'; print: Print }
  /** Asks Klipper and Moonraker's history how the print ended. */
  | { kind: 'inquire'; print: Print }
  /** Saves that a start of the job may wait in Klipper. */
  | { kind: 'save-start' }
  /** Also clears the reason of a refused resume. */
  | { kind: 'save-pause'; pause: JobRecord['pause'] }
  | { kind: 'save-printed'; printed_to: number }
  | { kind: 'save-closed'; closed_at: number }
  | { kind: 'end'; ending: Ending }
  | { kind: 'report'; outcome: Outcome }
  /** Removes the job's files. */
  | { kind: 'clean-up' }
  /** Plans again at that time (of performance.now()), or at an earlier event. */
  | { kind: 'wait'; until: number }

/** Settings that a plan depends on. */
export interface PlanSettings {
  /** A printer that is not registered orders no jobs. */
  isRegistered: boolean
  /** How often the marketplace is sent the progress. */
  progressMs: number
  /** How long to search for the end of a print that the edge did not see, before the print counts as lost. */
  unknownMs: number
}

export function endWith(outcome: Outcome): Action {
  return { kind: 'end', ending: { kind: 'outcome', outcome } }
}
