import type { Backlog } from './backlog.ts'
import type { Entry, Topic } from './journal.ts'
import type { Subscription } from './subscription.ts'

/** A subscription and its unacknowledged messages. */
export interface Place {
  subscription: Subscription
  backlog: Backlog
}

/** The shortest journal that leads to this state. */
export function snapshot(nextId: number, topics: Iterable<Topic>, places: readonly Place[]): Entry[] {
  const messages = new Map(places.flatMap(({ backlog }) => backlog.all()).map(({ message }) => [message.id, message]))
  const inOrder = [...messages.values()].sort((a, b) => Number(a.id) - Number(b.id))
  return [
    { op: 'next', id: nextId },
    ...[...topics].map((topic): Entry => ({ op: 'topic', topic })),
    ...places.map(({ subscription }): Entry => ({ op: 'subscription', subscription })),
    ...inOrder.map((message): Entry => {
      const to = places.filter(({ backlog }) => backlog.find(message.id)).map(({ subscription }) => subscription.name)
      return { op: 'publish', message, to }
    }),
    ...places.flatMap(({ subscription: { name }, backlog }) =>
      backlog
        .all()
        .filter(({ counted }) => counted > 0)
        .map(({ message, counted }): Entry => ({ op: 'failed', subscription: name, id: message.id, counted })),
    ),
  ]
}
