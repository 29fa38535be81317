import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { scaled } from '../../../runtime/time-scale.ts'
import { type Backlog, makeBacklog, type Pending } from './backlog.ts'
import { deadLetterOf } from './dead-letter.ts'
import { type Entry, type Message, openJournal, readJournal, type Topic } from './journal.ts'
import { type Place, snapshot } from './snapshot.ts'
import { alreadyExists, notFound } from './status.ts'
import { backoffMs, type Subscription } from './subscription.ts'

/** Topics, subscriptions and their messages. Each change is on the disk before it is confirmed. */
export interface Broker {
  createTopic: (topic: Topic) => Promise<void>
  topic: (name: string) => Topic
  topics: () => Topic[]
  publish: (topic: string, messages: Pick<Message, 'data' | 'attributes'>[]) => Promise<string[]>
  createSubscription: (subscription: Subscription) => Promise<void>
  subscription: (name: string) => Subscription
  /** Replaces a subscription by one of the same name, which keeps the messages. */
  changeSubscription: (subscription: Subscription) => Promise<void>
  deleteSubscription: (name: string) => Promise<void>
  /** Leases up to `limit` messages for `seconds` (default: the subscription's ack deadline). */
  lease: (subscription: string, limit: number, holder: object, seconds?: number) => Lease[]
  held: (subscription: string, holder: object) => number
  /** Ignores expired leases: their messages are delivered again. */
  acknowledge: (subscription: string, ackIds: readonly string[]) => Promise<void>
  /** Moves the end of leases to this many seconds from now; 0 releases the messages. */
  extend: (subscription: string, ackIds: readonly string[], seconds: number) => void
  /** Calls the listener when a subscription may have messages, was changed or deleted. Returns a function that removes it. */
  onWork: (listener: (subscription: string) => void) => () => void
  close: () => Promise<void>
}

export interface BrokerOptions {
  dataDir: string
  clock: () => Date
  /** Divides Google's back-offs and ack deadlines. */
  timeScale: number
}

export interface Lease {
  ackId: string
  message: Message
  /** 1 plus the number of failed deliveries that counted. */
  attempt: number
}

const retentionMs = 7 * 24 * 3600 * 1000
const longestTimerMs = 60_000

export async function openBroker({ dataDir, clock, timeScale }: BrokerOptions): Promise<Broker> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const topics = new Map<string, Topic>()
  const places = new Map<string, Place>()
  const listeners = new Set<(subscription: string) => void>()
  const touched = new Set<string>()
  let nextId = 1
  let timer: NodeJS.Timeout | undefined
  let sweep: NodeJS.Immediate | undefined
  let isClosed = false
  const now = () => clock().getTime()

  const path = join(dataDir, 'journal.jsonl')
  for (const entry of readJournal(path)) replay(entry)
  const journal = await openJournal(path, snapshot(nextId, topics.values(), [...places.values()]))
  touch(...places.keys())

  function replay(entry: Entry): void {
    if (entry.op === 'next') nextId = entry.id
    if (entry.op === 'topic') topics.set(entry.topic.name, entry.topic)
    if (entry.op === 'subscription') keep(entry.subscription)
    if (entry.op === 'unsubscribe') places.delete(entry.name)
    if (entry.op === 'publish') {
      nextId = Math.max(nextId, Number(entry.message.id) + 1)
      if (entry.message.publishTime > now() - retentionMs) deliver(entry.message, entry.to)
    }
    if (entry.op === 'ack') for (const id of entry.ids) places.get(entry.subscription)?.backlog.remove(id)
    if (entry.op === 'failed') {
      const pending = places.get(entry.subscription)?.backlog.find(entry.id)
      if (pending) pending.counted = entry.counted
    }
  }

  function keep(subscription: Subscription): void {
    places.set(subscription.name, { subscription, backlog: places.get(subscription.name)?.backlog ?? makeBacklog() })
  }

  async function put(subscription: Subscription): Promise<void> {
    const { topic, deadLetter } = subscription
    for (const name of [topic, ...(deadLetter ? [deadLetter.topic] : [])]) {
      if (!topics.has(name)) throw notFound(name)
    }
    keep(subscription)
    await journal.append({ op: 'subscription', subscription })
  }

  function deliver(message: Message, to: readonly string[]): void {
    for (const name of to) places.get(name)?.backlog.add(message)
  }

  function place(name: string): Place {
    const found = places.get(name)
    if (!found) throw notFound(name)
    return found
  }

  /** Calls the listeners soon, once for all present changes, and sets the timer for the next due message. */
  function touch(...names: string[]): void {
    for (const name of names) touched.add(name)
    if (!isClosed) sweep ??= setImmediate(tell)
  }

  function tell(): void {
    sweep = undefined
    for (const [name, { subscription, backlog }] of places) {
      const over = backlog.expire(now())
      for (const pending of over) giveBack(subscription, backlog, pending)
      if (over.length > 0) touched.add(name)
    }
    const names = [...touched]
    touched.clear()
    for (const name of names) for (const listener of listeners) listener(name)
    clearTimeout(timer)
    const due = Math.min(...[...places.values()].map(({ backlog }) => backlog.nextDue()))
    if (due === Number.POSITIVE_INFINITY || isClosed) return
    timer = setTimeout(() => touch(...places.keys()), Math.min(longestTimerMs, Math.max(1, due - now())))
  }

  /** After a failed delivery: to the dead letter topic when the limit is reached, otherwise again after a wait. */
  function giveBack(subscription: Subscription, backlog: Backlog, pending: Pending): void {
    const { message } = pending
    const { deadLetter } = subscription
    pending.failures += 1
    backlog.release(pending, now() + scaled(backoffMs(subscription, pending.failures), { timeScale }))
    if (!deadLetter) return
    pending.counted += 1
    if (pending.counted < deadLetter.maxDeliveryAttempts) {
      // Not awaited: a count that a crash loses costs one more delivery.
      const { counted } = pending
      journal.append({ op: 'failed', subscription: subscription.name, id: message.id, counted }).catch(() => {})
      return
    }
    backlog.remove(message.id)
    publish(deadLetter.topic, [deadLetterOf(subscription, message, pending.counted)])
      .then(() => journal.append({ op: 'ack', subscription: subscription.name, ids: [message.id] }))
      .catch(() => backlog.add(message))
  }

  async function publish(topic: string, sent: Pick<Message, 'data' | 'attributes'>[]): Promise<string[]> {
    const to = [...places.values()].filter(({ subscription }) => subscription.topic === topic)
    const names = to.map(({ subscription }) => subscription.name)
    const messages = sent.map((message): Message => {
      nextId += 1
      return { ...message, id: String(nextId - 1), publishTime: now() }
    })
    await journal.append(...messages.map((message): Entry => ({ op: 'publish', message, to: names })))
    for (const message of messages) deliver(message, names)
    touch(...names)
    return messages.map(message => message.id)
  }

  return {
    publish,
    topics: () => [...topics.values()],
    topic(name) {
      const topic = topics.get(name)
      if (!topic) throw notFound(name)
      return topic
    },
    async createTopic(topic) {
      if (topics.has(topic.name)) throw alreadyExists(topic.name)
      topics.set(topic.name, topic)
      await journal.append({ op: 'topic', topic })
    },

    subscription: name => place(name).subscription,
    async createSubscription(subscription) {
      if (places.has(subscription.name)) throw alreadyExists(subscription.name)
      await put(subscription)
    },
    async changeSubscription(subscription) {
      place(subscription.name)
      await put(subscription)
      touch(subscription.name)
    },
    async deleteSubscription(name) {
      place(name)
      places.delete(name)
      touch(name)
      await journal.append({ op: 'unsubscribe', name })
    },

    lease(name, limit, holder, seconds) {
      const { subscription, backlog } = place(name)
      const dueAt = now() + (seconds ?? scaled(subscription.ackDeadlineSeconds, { timeScale })) * 1000
      const taken = backlog.lease(limit, holder, dueAt)
      if (taken.length > 0) touch()
      return taken.map(({ ackId, message, counted }) => ({ ackId: ackId!, message, attempt: counted + 1 }))
    },
    held: (name, holder) => place(name).backlog.held(holder),
    async acknowledge(name, ackIds) {
      const { backlog } = place(name)
      const ids = ackIds.flatMap(ackId => backlog.leased(ackId)?.message.id ?? [])
      for (const id of ids) backlog.remove(id)
      touch(name)
      if (ids.length > 0) await journal.append({ op: 'ack', subscription: name, ids })
    },
    extend(name, ackIds, seconds) {
      const { subscription, backlog } = place(name)
      for (const pending of ackIds.flatMap(ackId => backlog.leased(ackId) ?? [])) {
        if (seconds > 0) pending.dueAt = now() + seconds * 1000
        else giveBack(subscription, backlog, pending)
      }
      touch(name)
    },

    onWork(listener) {
      listeners.add(listener)
      touch(...places.keys())
      return () => listeners.delete(listener)
    },
    async close() {
      isClosed = true
      clearTimeout(timer)
      clearImmediate(sweep)
      await journal.close()
    },
  }
}
