import { isDeepStrictEqual } from 'node:util'
import type { Connection } from './connection.ts'

type Status = Record<string, Record<string, unknown>>
type Wanted = Record<string, string[] | null>

export type Subscriptions = ReturnType<typeof createSubscriptions>

/**
 * printer.objects.query and subscribe. Changes are told four times a second (or as configured), each field only when it is
 * another than was told last; what came and went between two looks is never seen, as with Klipper. A query is such a look, too:
 * subscribers are told what it finds.
 */
export function createSubscriptions(
  objects: () => Record<string, object>,
  monotonic: () => number,
  intervalMs: number,
) {
  const subscribed = new Map<Connection, { wanted: Wanted; told: Status }>()
  const timer = setInterval(tell, intervalMs)

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

  function tell(): void {
    const eventtime = monotonic()
    for (const [connection, subscription] of subscribed) {
      const now = select(subscription.wanted)
      const changed = difference(subscription.told, now)
      subscription.told = now
      if (Object.keys(changed).length > 0) connection.notify('notify_status_update', [changed, eventtime])
    }
  }

  return {
    query(wanted: Wanted) {
      tell()
      return { eventtime: monotonic(), status: select(wanted) }
    },
    subscribe(connection: Connection, wanted: Wanted) {
      const told = select(wanted)
      subscribed.set(connection, { wanted, told })
      return { eventtime: monotonic(), status: told }
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
