import { isDeepStrictEqual } from 'node:util'
import type { Connection } from './connection.ts'

type Status = Record<string, Record<string, unknown>>
type Wanted = Record<string, string[] | null>

export type Subscriptions = ReturnType<typeof createSubscriptions>

/**
 * printer.objects.query and subscribe. Changes are sent four times a second (or as configured), each field only when it
 * differs from the value sent last. A change that is undone between two reads is never sent, as with Klipper. A query reads the
 * objects, too, and its changes are sent to the subscribers.
 */
export function createSubscriptions(
  objects: () => Record<string, object>,
  monotonic: () => number,
  intervalMs: number,
) {
  const subscribed = new Map<Connection, { wanted: Wanted; sent: Status }>()
  const timer = setInterval(sendChanges, intervalMs)

  function select(wanted: Wanted): Status {
    const all = objects()
    const selected: Status = {}
    for (const [name, fields] of Object.entries(wanted)) {
      const object = all[name]
      if (!object) continue
      const entries = Object.entries(object).filter(([field]) => fields === null || fields.includes(field))
      selected[name] = structuredClone(Object.fromEntries(entries))
    }
    return selected
  }

  function sendChanges(): void {
    const eventtime = monotonic()
    for (const [connection, subscription] of subscribed) {
      const now = select(subscription.wanted)
      const changed = difference(subscription.sent, now)
      subscription.sent = now
      if (Object.keys(changed).length > 0) connection.notify('notify_status_update', [changed, eventtime])
    }
  }

  return {
    query(wanted: Wanted) {
      sendChanges()
      return { eventtime: monotonic(), status: select(wanted) }
    },
    subscribe(connection: Connection, wanted: Wanted) {
      const sent = select(wanted)
      subscribed.set(connection, { wanted, sent })
      return { eventtime: monotonic(), status: sent }
    },
    remove: (connection: Connection) => subscribed.delete(connection),
    /** When Klippy goes, so do all subscriptions. */
    clear: () => subscribed.clear(),
    close: () => clearInterval(timer),
  }
}

function difference(before: Status, now: Status): Status {
  const changed: Status = {}
  for (const [name, object] of Object.entries(now)) {
    const fields = Object.entries(object).filter(([field, value]) => !isDeepStrictEqual(before[name]?.[field], value))
    if (fields.length > 0) changed[name] = Object.fromEntries(fields)
  }
  return changed
}
