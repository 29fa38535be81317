import { isDeepStrictEqual } from 'node:util'

/** Klipper's objects by name, each with its fields. */
export type ObjectStatus = Record<string, Record<string, unknown>>

/** What Klipper said, and when: seconds of its own monotonic clock. */
export interface Told {
  eventtime: number
  status: ObjectStatus
}

/**
 * What is known of Klipper's objects. A subscription tells a snapshot and then differences. Each difference says two things: that
 * these fields have changed, and that all others are as the subscription told them before. So the answer to a query holds
 * only until the next difference. Merged with the differences it would stay when a field returns to what the subscription had
 * told before the query: no difference names that field then.
 */
export interface KnownStatus {
  /** What the subscription has told; null before its snapshot. */
  subscribed: Told | null
  /** The answer to a query, while no later difference has come. */
  asked: Told | null
  /** The time of the newest difference that has come, also of one that came before its snapshot. */
  newest: number
}

export const nothingKnown: KnownStatus = { subscribed: null, asked: null, newest: Number.NEGATIVE_INFINITY }

/** A subscription begins, perhaps in place of an earlier one. */
export function withSnapshot({ newest }: KnownStatus, snapshot: Told): KnownStatus {
  return { subscribed: snapshot, asked: null, newest }
}

/** A difference that is older than the snapshot is in it already. */
export function withDifference(known: KnownStatus, { eventtime, status }: Told): KnownStatus {
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

/** An answer that is older than what is known already is passed over. */
export function withAnswer(known: KnownStatus, answer: Told): KnownStatus {
  const { subscribed, asked } = known
  const isOld = [subscribed, asked].some(told => told !== null && told.eventtime >= answer.eventtime)
  return isOld ? known : { ...known, asked: answer }
}

/** Moonraker tells these by a message of their own, without a time. */
export function withFields(known: KnownStatus, fields: ObjectStatus): KnownStatus {
  const lay = (told: Told | null) => told && { ...told, status: merge(told.status, fields) }
  return { ...known, subscribed: lay(known.subscribed), asked: lay(known.asked) }
}

export function statusOf({ subscribed, asked }: KnownStatus): ObjectStatus {
  return merge(subscribed?.status ?? {}, asked?.status ?? {})
}

/**
 * Messages have crossed: an answer tells something else than the subscription, or a difference came before its snapshot. When no
 * later difference settles it, a new snapshot has to.
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
