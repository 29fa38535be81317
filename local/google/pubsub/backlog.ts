import { randomUUID } from 'node:crypto'
import type { Message } from './journal.ts'

/** A message that a subscription has not acknowledged. */
export interface Pending {
  message: Message
  /** Deliveries that failed since the start; they determine the back-off. */
  failures: number
  /** Failed deliveries, also of earlier starts, that count for the dead letter policy. */
  counted: number
  /** The id by which the present lease is acknowledged. */
  ackId: string | undefined
  /** Who holds the lease. */
  holder: object | undefined
  /** When the lease, or the wait after a failure, ends. */
  dueAt: number
}

/**
 * The unacknowledged messages of one subscription: those that can be handed out, in order, and those that wait for a
 * moment in time, leased or backing off. So each call's work is bounded by the messages that are due or leased.
 */
export interface Backlog {
  add: (message: Message) => void
  find: (messageId: string) => Pending | undefined
  all: () => Pending[]
  /** Leases up to `limit` messages until `dueAt`. */
  lease: (limit: number, holder: object, dueAt: number) => Pending[]
  /** The message under a lease; undefined when the lease is over. */
  leased: (ackId: string) => Pending | undefined
  /** Number of leases of one holder. */
  held: (holder: object) => number
  /** Removes a message permanently. */
  remove: (messageId: string) => void
  /** Ends a lease; the message can be handed out again at `dueAt`. */
  release: (pending: Pending, dueAt: number) => void
  /** Makes due messages available, and returns the expired leases. */
  expire: (now: number) => Pending[]
  nextDue: () => number
}

export function makeBacklog(): Backlog {
  const ready = new Map<string, Pending>()
  const waiting = new Map<string, Pending>()
  const leases = new Map<string, Pending>()

  const endLease = (pending: Pending) => {
    if (pending.ackId) leases.delete(pending.ackId)
    pending.ackId = undefined
    pending.holder = undefined
  }

  return {
    add(message) {
      ready.set(message.id, { message, failures: 0, counted: 0, ackId: undefined, holder: undefined, dueAt: 0 })
    },
    find: messageId => ready.get(messageId) ?? waiting.get(messageId),
    all: () => [...ready.values(), ...waiting.values()],

    lease(limit, holder, dueAt) {
      const taken: Pending[] = []
      for (const pending of ready.values()) {
        if (taken.length >= limit) break
        taken.push(Object.assign(pending, { ackId: randomUUID(), holder, dueAt }))
      }
      for (const pending of taken) {
        ready.delete(pending.message.id)
        waiting.set(pending.message.id, pending)
        leases.set(pending.ackId!, pending)
      }
      return taken
    },

    leased: ackId => leases.get(ackId),
    held: holder => [...leases.values()].filter(pending => pending.holder === holder).length,

    remove(messageId) {
      const pending = waiting.get(messageId)
      if (pending) endLease(pending)
      waiting.delete(messageId)
      ready.delete(messageId)
    },

    release(pending, dueAt) {
      endLease(pending)
      pending.dueAt = dueAt
    },

    expire(now) {
      const over: Pending[] = []
      for (const pending of waiting.values()) {
        if (pending.dueAt > now) continue
        if (pending.ackId) over.push(pending)
        else {
          waiting.delete(pending.message.id)
          ready.set(pending.message.id, pending)
        }
      }
      return over
    },

    nextDue: () => Math.min(...[...waiting.values()].map(pending => pending.dueAt)),
  }
}
