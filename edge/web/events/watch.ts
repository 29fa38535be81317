import type { Log } from '../../../runtime/log.ts'
import { isAppError } from '../../../schema/http/errors.ts'
import { livePreparationStates, type PrepareStatusResponse } from '../../../schema/http/preparations.ts'
import type { Edge } from '../../app.ts'
import type { WebSession, WebSessions } from '../sessions.ts'
import type { Hub } from './hub.ts'

/**
 * Follows at the marketplace what a person waits for at the page: preparations that are sliced, purchases whose payment the ledger has
 * not confirmed. Only while a stream of the session is open; the page itself asks for nothing again and again.
 */
export interface Watch {
  /** Looks at the answer of a method, and follows what it says is not over. */
  see: (session: WebSession, edge: Edge, method: string, answer: unknown) => void
  close: () => void
}

export interface WatchOptions {
  sessions: WebSessions
  hubOf: (edge: Edge) => Hub
  log: Log
  pollMs?: number
}

interface Watched {
  kind: 'preparation' | 'purchase'
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
    try {
      const token = await sessions.token(session)
      const method = one.kind === 'purchase' ? 'purchase' : 'prepare_status'
      const answer = (await edge.call(method, { token, purchase_id: purchaseId })) as PrepareStatusResponse
      const hub = hubOf(edge)
      const text = JSON.stringify(answer)
      const isLive = isLiveAnswer(answer)
      if (one.kind === 'preparation' && text !== one.shown) hub.sendTo(session.id, 'preparation', answer)
      one.shown = text
      if (!isLive) hub.sendTo(session.id, 'changed', { lists: ['purchases', 'wallet', 'queue'] })
      return isLive
    } catch (error) {
      log.debug({ err: error }, 'what a person waits for could not be asked for')
      return !isAppError(error, 'not_found', 'unauthenticated', 'forbidden')
    }
  }

  return {
    see(session, edge, method, answer) {
      const { purchase_id: purchaseId } = (answer ?? {}) as { purchase_id?: unknown }
      if (typeof purchaseId !== 'string') return
      const one = { session, edge, purchaseId }
      const isPayment = method === 'buy_model' || method === 'purchase'
      const isPreparation = method === 'prepare_model' || method === 'prepare_status' || method === 'print_model'
      if (isPayment && isLiveAnswer(answer)) add({ ...one, kind: 'purchase' })
      if (isPreparation && isLiveAnswer(answer)) add({ ...one, kind: 'preparation' })
    },
    close() {
      if (timer) clearTimeout(timer)
      watched.clear()
    },
  }
}

/** `preparing`: a print whose G-code is made again first. */
function isLiveAnswer(answer: unknown): boolean {
  const { status, newer_preparation } = answer as { status: string; newer_preparation?: { status: string } | null }
  const isNewerLive = newer_preparation ? live.includes(newer_preparation.status) : false
  return live.includes(status) || status === 'preparing' || isNewerLive
}
