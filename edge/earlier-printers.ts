import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { Log } from '../runtime/log.ts'
import { isAppError } from '../schema/http/errors.ts'
import { createBackoff, type Jitter } from './backoff.ts'
import { createChanges } from './changes.ts'
import type { EdgeConfig } from './config.ts'
import { readOrPutAside, writeDurable } from './durable.ts'
import { createTurns } from './in-turn.ts'
import type { Marketplace } from './marketplace/client.ts'
import { type Identity, identitySchema, type Store } from './store.ts'

const earlierSchema = identitySchema.pick({ marketplace_url: true, printer_id: true, printer_token: true })
type Earlier = z.infer<typeof earlierSchema>

/** Registrations that this printer had before the one that it has: on the disk until the marketplace has ended them. */
export interface EarlierPrinters {
  /** Call it before the next identity is saved: from then on this registration is ended, also after a crash of the edge. */
  add: (identity: Identity) => Promise<void>
  /** Tries to end it now. Returns the problem, or null. When the marketplace cannot be reached, `run` keeps trying. */
  giveUp: (printerId: string) => Promise<string | null>
  run: (signal: AbortSignal) => Promise<void>
}

interface Parts {
  config: EdgeConfig
  store: Store
  marketplace: Marketplace
  jitter: Jitter
  log: Log
}

export async function openEarlierPrinters(parts: Parts): Promise<EarlierPrinters> {
  const { config, store, marketplace, jitter, log } = parts
  const path = join(config.dataDir, 'earlier-printers.json')
  const changes = createChanges()
  const inTurn = createTurns()
  let earlier = (await readOrPutAside(path, z.array(earlierSchema), log)) ?? []

  /** Replaces the entry of this printer; null removes it. */
  function replaceEntry(printerId: string, one: Earlier | null): Promise<void> {
    return inTurn(async () => {
      const others = earlier.filter(({ printer_id }) => printer_id !== printerId)
      const next = one ? [...others, earlierSchema.parse(one)] : others
      await writeDurable(path, JSON.stringify(next))
      earlier = next
    })
  }

  /**
   * Ends it with its own token, by force: a job that it holds there can never be printed any more. Returns the reason of a
   * permanent refusal, or null: with a revoked token, for example, only its owner can end it. Throws errors that are worth a retry.
   */
  async function end({ printer_id, printer_token }: Earlier, signal?: AbortSignal): Promise<string | null> {
    let problem: string | null = null
    try {
      await marketplace.people.removePrinter(printer_token, printer_id, { isForced: true, ...(signal && { signal }) })
    } catch (error) {
      if (!isAppError(error) || error.status >= 500 || error.code === 'too_many_requests') throw error
      const hasEnded = error.code === 'not_found' || error.code === 'printer_revoked'
      if (!hasEnded) problem = error.message
    }
    await replaceEntry(printer_id, null)
    if (problem !== null) log.error({ printer_id, problem }, 'an earlier registration stays at the marketplace')
    return problem
  }

  /** Only registrations at this marketplace; never the current one, which stays when the next was not saved. */
  const due = () =>
    earlier.find(
      one => one.marketplace_url === config.marketplaceUrl && one.printer_id !== store.identity()?.printer_id,
    )

  return {
    add: identity => replaceEntry(identity.printer_id, identity),
    async giveUp(printerId) {
      const one = earlier.find(({ printer_id }) => printer_id === printerId)
      try {
        return one ? await end(one) : null
      } catch (error) {
        log.warn({ err: error, printer_id: printerId }, 'the earlier registration is still at the marketplace')
        changes.emit()
        return isAppError(error) ? error.message : 'Something went wrong. See the log.'
      }
    },
    async run(signal) {
      const backoff = createBackoff(config.timing.firstRetryMs, config.timing.longestRetryMs, jitter)
      for (;;) {
        const one = await changes.until(due, signal)
        try {
          await end(one, signal)
          backoff.reset()
        } catch (error) {
          signal.throwIfAborted()
          log.debug({ err: error, printer_id: one.printer_id }, 'an earlier registration is not ended yet')
          await sleep(backoff.next(), undefined, { signal })
        }
      }
    },
  }
}
