import { z } from 'zod'

/** "0.0.5": an account, topic or node. Only shard and realm 0 exist. */
export const entityId = z.string().regex(/^0\.0\.\d{1,19}$/, 'must be a ledger id such as 0.0.1234')

const transactionIdPattern = /^(0\.0\.\d{1,19})@(\d{1,19})\.(\d{9})$/
const nanosPerSecond = 1_000_000_000n
const nanosPerMilli = 1_000_000n

/** "0.0.2@1700000000.000000001": payer and the moment from which it is valid. No two transactions share one. */
export function formatTransactionId(payer: string, validStartNs: bigint): string {
  const nanos = (validStartNs % nanosPerSecond).toString().padStart(9, '0')
  return `${payer}@${validStartNs / nanosPerSecond}.${nanos}`
}

/** The mirror writes the same id as 0.0.2-1700000000-000000001. */
export function toMirrorId(transactionId: string): string {
  const match = transactionIdPattern.exec(transactionId)
  if (!match) throw new RangeError(`"${transactionId}" is not a transaction id`)
  const [, payer, seconds, nanos] = match
  return `${payer}-${seconds}-${nanos}`
}

export function toNanos(date: Date): bigint {
  return BigInt(date.getTime()) * nanosPerMilli
}

/** Down to the millisecond. */
export function toDate(ns: bigint): Date {
  return new Date(Number(ns / nanosPerMilli))
}
