import type { Faults } from '../faults.ts'
import type { Network } from '../network.ts'
import type { LedgerState } from '../state.ts'

const blockNs = 2_000_000_000n
const nanosPerMilli = 1_000_000n

/** The part of the history that the mirror has seen so far. */
export interface View {
  state: LedgerState
  /** The latest consensus time that it can have. */
  untilNs: bigint
  hasSeen: (item: { consensusNs: bigint }) => boolean
}

export function viewOf({ state, nowNs }: Network, { mirrorLagMs }: Faults): View {
  const untilNs = nowNs() - BigInt(mirrorLagMs) * nanosPerMilli
  // Consensus times may run ahead of the clock by nanoseconds: a mirror without lag has seen those, too.
  return { state, untilNs, hasSeen: ({ consensusNs }) => mirrorLagMs === 0 || consensusNs <= untilNs }
}

export interface Block {
  number: number
  fromNs: bigint
  toNs: bigint
}

/** The last whole block. Blocks come every two seconds, with transactions or without: they are the mirror's clock. */
export function lastBlock({ untilNs }: View): Block {
  const number = untilNs / blockNs - 1n
  return { number: Number(number), fromNs: number * blockNs, toNs: (number + 1n) * blockNs - 1n }
}
