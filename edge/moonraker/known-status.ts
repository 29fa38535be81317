import { isDeepStrictEqual } from 'node:util'

/** Klipper's objects by name, each with its fields. */
export type ObjectStatus = Record<string, Record<string, unknown>>

/** A status that Klipper sent. The time is Klipper's monotonic clock, in seconds. */
export interface TimedStatus {
  eventtime: number
  status: ObjectStatus
}

/**
 * The known state of Klipper's objects. A subscription sends a snapshot and then differences. Each difference says two things:
 * that these fields have changed, and that all others still have the values that the subscription sent before. So the answer to
 * a query is valid only until the next difference. If it were merged with the differences, a field that returns to its value from
 * before the query would stay wrong, because no difference names that field.
 */
export interface KnownStatus {
  /** The state by the subscription; null before its snapshot. */
  subscribed: TimedStatus | null
  /** The answer to a query, while no later difference has come. */
  queried: TimedStatus | null
  /** The time of the newest difference that has come, also of one that came before its snapshot. */
  newest: number
}

export const nothingKnown: KnownStatus = { subscribed: null, queried: null, newest: Number.NEGATIVE_INFINITY }

/** A subscription begins, perhaps in place of an earlier one. */
export function withSnapshot({ newest }: KnownStatus, snapshot: TimedStatus): KnownStatus {
  return { subscribed: snapshot, queried: null, newest }
}

/** A difference that is older than the snapshot is in it already. */
export function withDifference(known: KnownStatus, { eventtime, status }: TimedStatus): KnownStatus {
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

/** An answer that is older than the known state is ignored. */
export function withAnswer(known: KnownStatus, answer: TimedStatus): KnownStatus {
  const { subscribed, queried } = known
  const isOld = [subscribed, queried].some(one => one !== null && one.eventtime >= answer.eventtime)
  return isOld ? known : { ...known, queried: answer }
}

/** Moonraker sends these fields in a message of their own, without a time. */
export function withFields(known: KnownStatus, fields: ObjectStatus): KnownStatus {
  const update = (known: TimedStatus | null) => known && { ...known, status: merge(known.status, fields) }
  return { ...known, subscribed: update(known.subscribed), queried: update(known.queried) }
}

export function statusOf({ subscribed, queried }: KnownStatus): ObjectStatus {
  return merge(subscribed?.status ?? {}, queried?.status ?? {})
}

/**
 * Messages have crossed: an answer contradicts the subscription, or a difference came before its snapshot. When no later
 * difference settles it, a new snapshot is needed.
 */
export function isDisputed({ subscribed, queried, newest }: KnownStatus): boolean {
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
