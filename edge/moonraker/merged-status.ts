import { isDeepStrictEqual } from 'node:util'

/** Klipper's objects by name, each with its fields. */
export type ObjectStatus = Record<string, Record<string, unknown>>

/** A status that Klipper sent. The time is Klipper's monotonic clock, in seconds. */
export interface TimedStatus {
  eventtime: number
  status: ObjectStatus
}

/**
 * The state of Klipper's objects, merged from a subscription and queries. A subscription sends a snapshot and then differences.
 * Each difference says two things: these fields have changed, and all others still have the values that the subscription sent
 * before. So the answer to a query is valid only until the next difference. If it were merged with the differences, a field that
 * returns to its value from before the query would stay wrong, because no difference names that field.
 */
export interface MergedStatus {
  /** The state by the subscription; null before its snapshot. */
  subscribed: TimedStatus | null
  /** The answer to a query, while no later difference has come. */
  queried: TimedStatus | null
  /** The time of the newest difference that has come, also of one that came before its snapshot. */
  newest: number
}

export const emptyStatus: MergedStatus = { subscribed: null, queried: null, newest: Number.NEGATIVE_INFINITY }

/** Applies the snapshot of a new subscription, which replaces an earlier one. */
export function withSnapshot({ newest }: MergedStatus, snapshot: TimedStatus): MergedStatus {
  return { subscribed: snapshot, queried: null, newest }
}

/** Applies a difference, unless it is older than the snapshot, which then has it already. */
export function withDifference(known: MergedStatus, { eventtime, status }: TimedStatus): MergedStatus {
  const { subscribed, queried } = known
  const newest = Math.max(known.newest, eventtime)
  if (!subscribed || eventtime < subscribed.eventtime) return { ...known, newest }
  const isQueriedLater = queried !== null && queried.eventtime > eventtime
  return {
    subscribed: { eventtime, status: merge(subscribed.status, status) },
    queried: isQueriedLater ? queried : null,
    newest,
  }
}

/** Applies the answer to a query, unless it is older than the known state. */
export function withAnswer(known: MergedStatus, answer: TimedStatus): MergedStatus {
  const { subscribed, queried } = known
  const isOld = [subscribed, queried].some(one => one !== null && one.eventtime >= answer.eventtime)
  return isOld ? known : { ...known, queried: answer }
}

/** Applies fields that Moonraker sends in a separate message, without a time. */
export function withFields(known: MergedStatus, fields: ObjectStatus): MergedStatus {
  const update = (known: TimedStatus | null) => known && { ...known, status: merge(known.status, fields) }
  return { ...known, subscribed: update(known.subscribed), queried: update(known.queried) }
}

export function statusOf({ subscribed, queried }: MergedStatus): ObjectStatus {
  return merge(subscribed?.status ?? {}, queried?.status ?? {})
}

/**
 * True when messages have crossed: an answer contradicts the subscription, or a difference came before its snapshot. When no later
 * difference resolves that, a new snapshot is needed.
 */
export function isDisputed({ subscribed, queried, newest }: MergedStatus): boolean {
  if (!subscribed) return false
  const isContradicted =
    queried !== null && !isDeepStrictEqual(merge(subscribed.status, queried.status), subscribed.status)
  return isContradicted || newest > subscribed.eventtime
}

function merge(known: ObjectStatus, changed: ObjectStatus): ObjectStatus {
  const merged = { ...known }
  for (const [name, fields] of Object.entries(changed)) merged[name] = { ...merged[name], ...fields }
  return merged
}
