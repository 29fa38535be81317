/** How entities, transactions, times and amounts are written, and how they travel in protobuf. */
import type { proto } from '@hashgraph/proto'

type Long = NonNullable<proto.IAccountAmount['amount']>

export const nanosPerSecond = 1_000_000_000n

/** A 64-bit number of protobuf (a number, a Long, or missing) as a bigint. */
export function toBigInt(value: { toString: () => string } | null | undefined): bigint {
  return BigInt((value ?? 0).toString())
}

/**
 * A bigint as protobuf's writer takes it. The writer needs only `low` and `high`, its type asks for all of class Long,
 * which is not a package of ours: hence the cast, here and nowhere else.
 */
export function toLong(value: bigint): Long {
  const low = Number(BigInt.asIntN(32, value))
  const high = Number(BigInt.asIntN(32, value >> 32n))
  return { low, high, unsigned: false } as unknown as Long
}

/** "0.0.5", or null for an alias or another shard or realm: this network has only 0.0. */
export function accountName(id: proto.IAccountID | null | undefined): string | null {
  return entityName(id, id?.accountNum)
}

export function topicName(id: proto.ITopicID | null | undefined): string | null {
  return entityName(id, id?.topicNum)
}

export function tokenName(id: proto.ITokenID | null | undefined): string | null {
  return entityName(id, id?.tokenNum)
}

export function accountId(name: string): proto.IAccountID {
  return { shardNum: toLong(0n), realmNum: toLong(0n), accountNum: toLong(entityNumber(name)) }
}

export function topicId(name: string): proto.ITopicID {
  return { shardNum: toLong(0n), realmNum: toLong(0n), topicNum: toLong(entityNumber(name)) }
}

export function tokenId(name: string): proto.ITokenID {
  return { shardNum: toLong(0n), realmNum: toLong(0n), tokenNum: toLong(entityNumber(name)) }
}

function entityName(
  id: Pick<proto.IAccountID, 'shardNum' | 'realmNum'> | null | undefined,
  number: Long | null | undefined,
): string | null {
  if (!id || number === null || number === undefined) return null
  if (toBigInt(id.shardNum) !== 0n || toBigInt(id.realmNum) !== 0n) return null
  return `0.0.${number}`
}

function entityNumber(name: string): bigint {
  return BigInt(name.slice('0.0.'.length))
}

/** "0.0.2-1700000000-000000001": a transaction's name as the mirror writes it. */
export function transactionName(payer: string, validStartNs: bigint): string {
  return `${payer}-${validStartNs / nanosPerSecond}-${fraction(validStartNs)}`
}

/** "1700000000.000000001" */
export function timestamp(ns: bigint): string {
  return `${ns / nanosPerSecond}.${fraction(ns)}`
}

export function toNanos(time: proto.ITimestamp): bigint {
  return toBigInt(time.seconds) * nanosPerSecond + BigInt(time.nanos ?? 0)
}

function fraction(ns: bigint): string {
  return (ns % nanosPerSecond).toString().padStart(9, '0')
}
