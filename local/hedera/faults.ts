import { z } from 'zod'

/** What shall go wrong. Tests change the fields while the node runs; each occasion takes one off a counter. */
export interface Faults {
  /** Transactions that are turned away as if the node were not there: nothing is done. */
  submissionsToRefuse: number
  /** Transactions that are turned away by a node that has too much to do: nothing is done. */
  busyAnswers: number
  /** Transactions that are carried out while their answer is lost. */
  answersToLose: number
  /** Transactions whose answer comes so late. */
  answerDelayMs: number
  /** How far the mirror is behind the network. */
  mirrorLagMs: number
}

export function noFaults(): Faults {
  return { submissionsToRefuse: 0, busyAnswers: 0, answersToLose: 0, answerDelayMs: 0, mirrorLagMs: 0 }
}

/** Some of them, as the process is told while it runs; the others stay as they are. */
export const someFaults = z.partialRecord(z.enum(Object.keys(noFaults()) as (keyof Faults)[]), z.int().min(0))

/** True when the fault shall happen now. */
export function strikes(faults: Faults, fault: 'submissionsToRefuse' | 'busyAnswers' | 'answersToLose'): boolean {
  if (faults[fault] <= 0) return false
  faults[fault] -= 1
  return true
}
