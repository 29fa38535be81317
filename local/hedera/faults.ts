import { z } from 'zod'

/** The faults to inject. Tests change the fields while the node runs; each occurrence lowers its counter. */
interface Counts {
  /** Transactions that are turned away as if the node were not there: nothing is done. */
  submissionsToRefuse: number
  /** Transactions that are turned away by a node that has too much to do: nothing is done. */
  busyAnswers: number
  /** Transactions that are carried out while their answer is lost. */
  answersToLose: number
  /** Transactions whose answer comes so late. */
  answerDelayMs: number
  /** Receipts that say FAIL_INVALID, also of transactions that succeeded. */
  receiptsInDoubt: number
  /** How far the mirror is behind the network. */
  mirrorLagMs: number
}

/** `away` refuses every call, `silent` answers none, and `foreign` has another node at its address. */
export type NodeTrouble = 'away' | 'silent' | 'foreign'

export interface Faults extends Counts {
  /** By the node's account. */
  nodes: Record<string, NodeTrouble>
}

const noCounts: Counts = {
  submissionsToRefuse: 0,
  busyAnswers: 0,
  answersToLose: 0,
  answerDelayMs: 0,
  receiptsInDoubt: 0,
  mirrorLagMs: 0,
}

export function noFaults(): Faults {
  return { ...noCounts, nodes: {} }
}

/** Some of the faults, set while the process runs; the others stay as they are. */
export const someFaults = z.partialRecord(z.enum(Object.keys(noCounts) as (keyof Counts)[]), z.int().min(0))

type Counted = 'submissionsToRefuse' | 'busyAnswers' | 'answersToLose' | 'receiptsInDoubt'

/** True when the fault shall happen now. */
export function strikes(faults: Faults, fault: Counted): boolean {
  if (faults[fault] <= 0) return false
  faults[fault] -= 1
  return true
}
