import type { Log } from '../../../runtime/log.ts'
import { AppError } from '../../../schema/http/errors.ts'
import type { RandomBytes } from '../../../schema/http/ids.ts'
import type { PageEventName, PageEvents, PageList } from '../../../schema/page/events.ts'
import type { PageState } from '../../../schema/page/state.ts'
import type { Edge } from '../../app.ts'
import { createTurns } from '../../in-turn.ts'
import { changedParts, listsToAskAgain } from './differences.ts'
import { createRing, eventText, type Ring, type SentEvent } from './ring.ts'

/** One open stream. */
export interface StreamClient {
  address: string
  /** The session of its cookie; undefined without one. */
  sessionId: string | undefined
  /** Asked when the printer's owner changes. */
  mayWatch: () => boolean
  /** Sends text; false when the client does not read fast enough, and the stream has to end. */
  send: (text: string) => boolean
  end: () => void
}

export interface Hub {
  /**
   * Begins a stream with the events since `lastEventId`, or with the whole state. Returns the function that ends it.
   * Errors: too_many_requests.
   */
  open: (client: StreamClient, lastEventId: string | undefined) => Promise<() => void>
  /** Sends an event to the streams of one session. */
  sendTo: <Name extends PageEventName>(sessionId: string, name: Name, data: PageEvents[Name]) => void
  /** Ends the streams of one session; the browser opens another one by itself. */
  endOf: (sessionId: string) => void
  hasStream: (sessionId: string) => boolean
  close: () => void
}

export interface HubOptions {
  edge: Edge
  randomBytes: RandomBytes
  log: Log
  timing?: Partial<typeof defaultTiming>
}

const defaultTiming = {
  /** The shortest time between two updates: temperatures change four times a second. */
  updateMs: 1000,
  /** A first change is sent at once, but not before others that belong to it. */
  settleMs: 50,
  /** Also the time after which a dead connection is noticed, and what changes by time alone is seen. */
  heartbeatMs: 15_000,
  /** How long the last events are kept for a client that comes back. */
  lingerMs: 20_000,
}
const mostStreams = 24
const mostStreamsOfAddress = 8

/**
 * The streams of one printer. While there is none, nothing is followed and nothing is kept. The state is compared with the last one, and
 * only the parts that differ are sent.
 */
export function createHub({ edge, randomBytes, log, timing: given }: HubOptions): Hub {
  const timing = { ...defaultTiming, ...given }
  const clients = new Set<StreamClient>()
  /** The addresses of clients whose stream is being opened. */
  const opening: string[] = []
  const inTurn = createTurns()
  let following: { stop: () => void; ring: Ring; state: PageState | null; sentAt: number } | null = null
  let timer: NodeJS.Timeout | null = null
  let heartbeat: NodeJS.Timeout | null = null
  let linger: NodeJS.Timeout | null = null

  function follow(): void {
    if (linger) clearTimeout(linger)
    linger = null
    if (following) return
    const ring = createRing(randomBytes(6).toString('hex'))
    following = { stop: edge.page.follow(schedule), ring, state: null, sentAt: Number.NEGATIVE_INFINITY }
    heartbeat = setInterval(beat, timing.heartbeatMs).unref()
  }

  function unfollow(): void {
    following?.stop()
    following = null
    if (timer) clearTimeout(timer)
    if (heartbeat) clearInterval(heartbeat)
    timer = heartbeat = linger = null
  }

  function schedule(): void {
    if (timer || !following) return
    const waitMs = Math.max(timing.settleMs, following.sentAt + timing.updateMs - performance.now())
    timer = setTimeout(() => {
      timer = null
      if (!following) return
      update().catch((error: unknown) => log.error({ err: error }, 'the state could not be sent to the page'))
    }, waitMs).unref()
  }

  /** Sends what differs from the state that was sent last, and returns the state as it is known then. One after another. */
  const update = () =>
    inTurn(async () => {
      const state = (await edge.call('overview')) as PageState
      // Synchronous from here on: a client that begins after this has the same state as the others.
      const current = following
      if (!current) return state
      const before = current.state
      current.state = state
      const parts = before && changedParts(before, state)
      if (!before || !parts) return state
      if (before.registration.printer_id !== state.registration.printer_id) {
        for (const client of [...clients]) if (!client.mayWatch()) remove(client)
      }
      current.sentAt = performance.now()
      publish(current.ring.add('update', JSON.stringify(parts)))
      const lists = listsToAskAgain(before, state)
      if (lists.length > 0) publishLists(current.ring, lists)
      return state
    })

  function publishLists(ring: Ring, lists: PageList[]): void {
    publish(ring.add('changed', JSON.stringify({ lists })))
  }

  function publish(event: SentEvent): void {
    const text = eventText(event)
    for (const client of [...clients]) sendText(client, text)
  }

  function beat(): void {
    for (const client of [...clients]) sendText(client, ':\n\n')
    schedule()
  }

  function sendText(client: StreamClient, text: string): void {
    if (!client.send(text)) remove(client)
  }

  function remove(client: StreamClient): void {
    if (!clients.delete(client)) return
    client.end()
    lingerIfUnused()
  }

  function lingerIfUnused(): void {
    if (clients.size + opening.length === 0 && following) linger ??= setTimeout(unfollow, timing.lingerMs).unref()
  }

  function requireRoom({ address }: StreamClient): void {
    const addresses = [...opening, ...[...clients].map(one => one.address)]
    const own = addresses.filter(one => one === address).length
    if (addresses.length < mostStreams && own < mostStreamsOfAddress) return
    throw new AppError('too_many_requests', 'Too many pages of this printer are open.', { retryAfterS: 10 })
  }

  return {
    async open(client, lastEventId) {
      requireRoom(client)
      opening.push(client.address)
      try {
        follow()
        const state = await update()
        if (!following) throw new AppError('unavailable', 'The LMNT service is stopping.')
        const { ring } = following
        const missed = lastEventId === undefined ? null : ring.after(lastEventId)
        // Something is sent at once in any case, so that the browser knows that the stream is open.
        if (missed !== null) sendText(client, [':\n\n', ...missed.map(eventText)].join(''))
        else sendText(client, eventText({ id: ring.lastId(), name: 'state', data: JSON.stringify(state) }))
        clients.add(client)
      } finally {
        opening.splice(opening.indexOf(client.address), 1)
        lingerIfUnused()
      }
      return () => remove(client)
    },
    sendTo(sessionId, name, data) {
      const text = eventText({ id: null, name, data: JSON.stringify(data) })
      for (const client of [...clients]) if (client.sessionId === sessionId) sendText(client, text)
    },
    endOf(sessionId) {
      for (const client of [...clients]) if (client.sessionId === sessionId) remove(client)
    },
    hasStream: sessionId => [...clients].some(client => client.sessionId === sessionId),
    close() {
      for (const client of [...clients]) remove(client)
      unfollow()
    },
  }
}
