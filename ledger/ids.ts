import { z } from 'zod'

/** The id of an account, topic, token or node, such as "0.0.5". Only shard and realm 0 exist. */
export const entityId = z.string().regex(/^0\.0\.\d{1,19}$/, 'must be a ledger id such as 0.0.1234')

const transactionIdPattern = /^(0\.0\.\d{1,19})@(\d{1,19})\.(\d{9})$/
const nanosPerSecond = 1_000_000_000n
const nanosPerMilli = 1_000_000n

/** "0.0.2@1700000000.000000001": the payer and the start of validity. Unique for each transaction. */
export function formatTransactionId(payer: string, validStartNs: bigint): string {
  const nanos = (validStartNs % nanosPerSecond).toString().padStart(9, '0')
  return `${payer}@${validStartNs / nanosPerSecond}.${nanos}`
}

/** The mirror's form of the id: 0.0.2-1700000000-000000001. Throws RangeError for another format. */
export function toMirrorId(transactionId: string): string {
  const match = transactionIdPattern.exec(transactionId)
  if (!match) throw new RangeError(`"${transactionId}" is not a transaction id such as 0.0.2@1700000000.000000001`)
  const [, payer, seconds, nanos] = match
  return `${payer}-${seconds}-${nanos}`
}

/** Nanoseconds since 1970. */
export function toNanos(date: Date): bigint {
  return BigInt(date.getTime()) * nanosPerMilli
}

/** From nanoseconds since 1970, rounded down to the millisecond. */
export function toDate(ns: bigint): Date {
  return new Date(Number(ns / nanosPerMilli))
}
