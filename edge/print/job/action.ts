import type { Outcome } from './outcome.ts'
import type { JobRecord } from './record.ts'
import type { Activity, Ending } from './state.ts'

type Print = NonNullable<JobRecord['print']>

/** What is to be done now. An action that is done already, or is not planned any more, is given up. */
export type Action =
  /** Claims the job anew at the marketplace. */
  | { kind: 'claim' }
  | { kind: 'stub' }
  | { kind: 'spool' }
  | { kind: 'ask' }
  /** Takes what the display says of a "Not now" away. */
  | { kind: 'withdraw'; nonce: string }
  | { kind: 'open' }
  /** Waits until Moonraker has read the stub. */
  | { kind: 'read-stub'; stub: string }
  | { kind: 'start'; stub: string }
  | { kind: 'progress'; isRunning: boolean; progress: number; activity: Activity | null }
  /** Waits until Klipper has run every command that it was sent so far. */
  | { kind: 'drain-queue' }
  | { kind: 'cancel' }
  | { kind: 'pause' }
  | { kind: 'resume' }
  | { kind: 'find-history-id'; print: Print }
  /** Asks Klipper and Moonraker's history how the print ended. */
  | { kind: 'inquire'; print: Print }
  /** Writes to the job's record that a start of it may wait in Klipper. */
  | { kind: 'save-start' }
  /** Forgets why a resume was refused. */
  | { kind: 'save-pause'; pause: JobRecord['pause'] }
  | { kind: 'save-printed'; printed_to: number }
  | { kind: 'save-closed'; closed_at: number }
  | { kind: 'end'; ending: Ending }
  | { kind: 'report'; outcome: Outcome }
  /** Removes what the disk has of the job. */
  | { kind: 'clean-up' }
  /** Nothing before then (of performance.now()), unless something happens. */
  | { kind: 'wait'; until: number }

/** What else a plan depends on. */
export interface PlanSettings {
  /** A printer that is not registered orders no jobs. */
  isRegistered: boolean
  /** How often the marketplace is sent the progress. */
  progressMs: number
  /** How long to look for the end of a print that nobody saw, before it is called lost. */
  unknownMs: number
}

export function endWith(outcome: Outcome): Action {
  return { kind: 'end', ending: { kind: 'outcome', outcome } }
}
