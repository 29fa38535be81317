import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { reachConsensus } from './consensus.ts'
import { openLog } from './log.ts'
import { parseTransaction, type Submission } from './parse.ts'
import { precheck } from './precheck.ts'
import { type CodeName, Refusal } from './refusal.ts'
import { type Genesis, genesisState, type LedgerState } from './state.ts'

const format = 'lmnt-hedera-log/1'
const nanosPerMilli = 1_000_000n
const timeSize = 8

/** The network in one process: its state, and the one way to change it. */
export interface Network {
  state: LedgerState
  nowNs: () => bigint
  timeScale: number
  /** Brings a transaction to consensus immediately and durably, by the node of this account. Returns the precheck code. */
  submit: (bytes: Buffer, node: string) => CodeName
  close: () => void
}

/** Opens the network kept in `dataDir`, or begins a new one there. Throws when the log there began with another genesis. */
export function openNetwork(dataDir: string, genesis: Genesis, clock: () => Date, timeScale = 1): Network {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const log = openLog(join(dataDir, 'ledger.log'))
  const state = genesisState(genesis)
  const [header, ...transactions] = log.records
  const expected = JSON.stringify({ format, account: genesis.accountId, key: genesis.publicKey.toString('hex') })
  if (!header) {
    log.append(Buffer.from(expected))
  } else if (header.toString() !== expected) {
    log.close()
    throw new Error(`The ledger in ${dataDir} began with another genesis key: use that key, or another folder.`)
  }
  for (const record of transactions) {
    reachConsensus(state, parseTransaction(record.subarray(timeSize)), record.readBigUInt64BE())
  }

  const nowNs = () => BigInt(clock().getTime()) * nanosPerMilli
  return {
    state,
    nowNs,
    timeScale,
    submit: (bytes, node) => {
      let submission: Submission
      try {
        submission = parseTransaction(bytes)
        precheck(state, submission, node, nowNs(), timeScale)
      } catch (error) {
        if (error instanceof Refusal) return error.code
        throw error
      }
      const consensusNs = consensusTime(state, nowNs())
      log.append(Buffer.concat([timeBytes(consensusNs), bytes]))
      reachConsensus(state, submission, consensusNs)
      return 'OK'
    },
    close: log.close,
  }
}

/** Consensus times never repeat and never go back, even when the clock does. */
function consensusTime({ lastConsensusNs }: LedgerState, nowNs: bigint): bigint {
  return nowNs > lastConsensusNs ? nowNs : lastConsensusNs + 1n
}

function timeBytes(ns: bigint): Buffer {
  const bytes = Buffer.alloc(timeSize)
  bytes.writeBigUInt64BE(ns)
  return bytes
}
