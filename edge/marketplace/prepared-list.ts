import type { PreparedPurchase } from '../../schema/http/preparations.ts'
import { createTurns } from '../in-turn.ts'
import type { Store } from '../store.ts'
import type { Marketplace } from './client.ts'

/** A prepared purchase without its pictures. */
export type PreparedFacts = Omit<PreparedPurchase, 'thumbnail' | 'thumbnail_small'>

/** The marketplace's last list of purchases prepared for this printer. */
export interface PreparedList {
  /** Asks the marketplace. Errors: as `Marketplace.prepared`. */
  refresh: (signal: AbortSignal) => Promise<void>
  /** By purchase. */
  facts: () => ReadonlyMap<string, PreparedFacts>
  /** The list with pictures, newest first, if it has changed since the last call; else null. */
  drainChanges: () => PreparedPurchase[] | null
}

export function createPreparedList(marketplace: Pick<Marketplace, 'prepared'>, store: Store): PreparedList {
  const inTurn = createTurns()
  let printerId: string | undefined
  let etag: string | null = null
  let facts = new Map<string, PreparedFacts>()
  let changed: PreparedPurchase[] | null = null

  async function refresh(signal: AbortSignal): Promise<void> {
    const now = store.identity()?.printer_id
    if (now !== printerId) {
      printerId = now
      etag = changed = null
      facts = new Map()
    }
    const answer = await marketplace.prepared(etag, signal)
    // The printer was registered again meanwhile.
    if (!answer || store.identity()?.printer_id !== printerId) return
    etag = answer.etag
    changed = answer.prepared
    facts = new Map(answer.prepared.map(({ thumbnail: _l, thumbnail_small: _s, ...rest }) => [rest.purchase_id, rest]))
  }

  return {
    refresh: signal => inTurn(() => refresh(signal)),
    facts: () => facts,
    drainChanges() {
      const drained = changed
      changed = null
      return drained
    },
  }
}
