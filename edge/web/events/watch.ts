import type { Log } from '../../../runtime/log.ts'
import { isAppError } from '../../../schema/http/errors.ts'
import { livePreparationStates, type PrepareStatusResponse } from '../../../schema/http/preparations.ts'
import type { ReceiptResponse } from '../../../schema/http/purchases.ts'
import type { PageList } from '../../../schema/page/index.ts'
import type { Edge } from '../../app.ts'
import type { WebSession, WebSessions } from '../sessions.ts'
import type { Hub } from './hub.ts'

/**
 * Follows at the marketplace what a person waits for at the page: preparations that are sliced, purchases whose payment the ledger has
 * not confirmed, receipts with an event that is not in the ledger yet. Only while a stream of the session is open. The page itself never
 * polls.
 */
export interface Watch {
  /** Looks at the answer of a method: says which lists an order has changed, and follows what is still going on. */
  see: (session: WebSession, edge: Edge, method: string, answer: unknown) => void
  close: () => void
}

export interface WatchOptions {
  sessions: WebSessions
  hubOf: (edge: Edge) => Hub
  log: Log
  pollMs?: number
}

interface WatchedKind {
  method: string
  isLive: (answer: object) => boolean
  /** The lists that have changed when it is over. */
  lists: PageList[]
}

const kinds: Record<'preparation' | 'purchase' | 'receipt', WatchedKind> = {
  preparation: { method: 'prepare_status', isLive: isWorkLive, lists: ['purchases', 'wallet', 'queue'] },
  purchase: { method: 'purchase', isLive: isWorkLive, lists: ['purchases', 'wallet', 'queue'] },
  receipt: { method: 'audit_log', isLive: isReceiptLive, lists: ['history'] },
}
type Kind = keyof typeof kinds

/** What the answer of a method is about. */
const kindOfMethod: Record<string, Kind> = {
  buy_model: 'purchase',
  purchase: 'purchase',
  purchases: 'purchase',
  prepare_model: 'preparation',
  prepare_status: 'preparation',
  print_model: 'preparation',
  audit_log: 'receipt',
}

/** The lists that an order of the person has changed, in each of their windows. */
const changedBy: Record<string, PageList[]> = {
  buy_model: ['purchases', 'wallet'],
  print_model: ['queue', 'purchases', 'history'],
  move_in_queue: ['queue'],
  remove_from_queue: ['queue', 'purchases', 'history'],
  cancel_prepare: ['purchases'],
}

interface Watched {
  kind: Kind
  session: WebSession
  edge: Edge
  purchaseId: string
  /** The answer that was sent last, as JSON. */
  shown: string
}

const usualPollMs = 2000
/** Beyond, the page shows what it gets when it asks. */
const mostWatched = 50
const live: readonly string[] = livePreparationStates

export function createWatch({ sessions, hubOf, log, pollMs = usualPollMs }: WatchOptions): Watch {
  const watched = new Map<string, Watched>()
  let timer: NodeJS.Timeout | null = null

  function add(one: Omit<Watched, 'shown'>): void {
    const key = `${one.session.id} ${one.kind} ${one.purchaseId}`
    if (watched.has(key) || watched.size >= mostWatched) return
    watched.set(key, { ...one, shown: '' })
    plan()
  }

  function plan(): void {
    if (timer === null && watched.size > 0) timer = setTimeout(() => void poll(), pollMs).unref()
  }

  async function poll(): Promise<void> {
    await Promise.all(
      [...watched].map(async ([key, one]) => {
        const isSessionOver = sessions.peek(one.session.id) === null
        // Without a stream nobody sees it: it is looked at again when the page asks.
        if (isSessionOver || !hubOf(one.edge).hasStream(one.session.id) || !(await isStillLive(one)))
          watched.delete(key)
      }),
    )
    timer = null
    plan()
  }

  /** Asks, and sends what has changed. */
  async function isStillLive(one: Watched): Promise<boolean> {
    const { session, edge, purchaseId } = one
    const { method, isLive, lists } = kinds[one.kind]
    try {
      const token = await sessions.token(session)
      const answer = (await edge.call(method, { token, purchase_id: purchaseId })) as object
      const hub = hubOf(edge)
      const text = JSON.stringify(answer)
      if (one.kind === 'preparation' && text !== one.shown) {
        hub.sendTo(session.id, 'preparation', answer as PrepareStatusResponse)
      }
      one.shown = text
      const isGoingOn = isLive(answer)
      if (!isGoingOn) hub.sendTo(session.id, 'changed', { lists })
      return isGoingOn
    } catch (error) {
      log.debug({ err: error }, 'what a person waits for could not be asked for')
      return !isAppError(error, 'not_found', 'unauthenticated', 'forbidden')
    }
  }

  return {
    see(session, edge, method, answer) {
      const lists = changedBy[method]
      if (lists) hubOf(edge).sendTo(session.id, 'changed', { lists })
      const kind = kindOfMethod[method]
      if (!kind || typeof answer !== 'object' || answer === null) return
      for (const one of 'purchases' in answer ? (answer.purchases as object[]) : [answer]) {
        if (!('purchase_id' in one) || typeof one.purchase_id !== 'string' || !kinds[kind].isLive(one)) continue
        add({ session, edge, kind, purchaseId: one.purchase_id })
      }
    },
    close() {
      if (timer) clearTimeout(timer)
      watched.clear()
    },
  }
}

/** `preparing`: a print whose G-code is made again first. */
function isWorkLive(answer: object): boolean {
  const { status, newer_preparation } = answer as { status: string; newer_preparation?: { status: string } | null }
  const isNewerLive = newer_preparation ? live.includes(newer_preparation.status) : false
  return live.includes(status) || status === 'preparing' || isNewerLive
}

/** An event gets its sequence number when the ledger has taken it. */
function isReceiptLive(answer: object): boolean {
  return (answer as Pick<ReceiptResponse, 'events'>).events.some(({ sequence_number }) => sequence_number === null)
}
