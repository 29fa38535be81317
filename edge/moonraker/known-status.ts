import { isDeepStrictEqual } from 'node:util'

/** Klipper's objects by name, each with its fields. */
export type ObjectStatus = Record<string, Record<string, unknown>>

/** A status that Klipper sent. The time is of its own monotonic clock, in seconds. */
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
  asked: TimedStatus | null
  /** The time of the newest difference that has come, also of one that came before its snapshot. */
  newest: number
}

export const nothingKnown: KnownStatus = { subscribed: null, asked: null, newest: Number.NEGATIVE_INFINITY }

/** A subscription begins, perhaps in place of an earlier one. */
export function withSnapshot({ newest }: KnownStatus, snapshot: TimedStatus): KnownStatus {
  return { subscribed: snapshot, asked: null, newest }
}

/** A difference that is older than the snapshot is in it already. */
export function withDifference(known: KnownStatus, { eventtime, status }: TimedStatus): KnownStatus {
  const { subscribed, asked } = known
  const newest = Math.max(known.newest, eventtime)
  if (!subscribed || eventtime < subscribed.eventtime) return { ...known, newest }
  const isAskedLater = asked !== null && asked.eventtime > eventtime
  return {
    subscribed: { eventtime, status: merge(subscribed.status, status) },
    asked: isAskedLater ? asked : null,
    newest,
  }
}

/** An answer that is older than the known state is ignored. */
export function withAnswer(known: KnownStatus, answer: TimedStatus): KnownStatus {
  const { subscribed, asked } = known
  const isOld = [subscribed, asked].some(known => known !== null && known.eventtime >= answer.eventtime)
  return isOld ? known : { ...known, asked: answer }
}

/** Moonraker sends these fields in a message of their own, without a time. */
export function withFields(known: KnownStatus, fields: ObjectStatus): KnownStatus {
  const update = (known: TimedStatus | null) => known && { ...known, status: merge(known.status, fields) }
  return { ...known, subscribed: update(known.subscribed), asked: update(known.asked) }
}

export function statusOf({ subscribed, asked }: KnownStatus): ObjectStatus {
  return merge(subscribed?.status ?? {}, asked?.status ?? {})
}

/**
 * Messages have crossed: an answer contradicts the subscription, or a difference came before its snapshot. When no later
 * difference settles it, a new snapshot is needed.
 */
export function isDisputed({ subscribed, asked, newest }: KnownStatus): boolean {
  if (!subscribed) return false
  const isContradicted = asked !== null && !isDeepStrictEqual(merge(subscribed.status, asked.status), subscribed.status)
  return isContradicted || newest > subscribed.eventtime
}

function merge(known: ObjectStatus, changed: ObjectStatus): ObjectStatus {
  const merged = { ...known }
  for (const [name, fields] of Object.entries(changed)) merged[name] = { ...merged[name], ...fields }
  return merged
}
