import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { isAppError } from '../../schema/http/errors.ts'
import { createBackoff } from '../backoff.ts'
import { untilAny } from '../changes.ts'
import type { EdgeContext } from '../context.ts'
import { factObjects, readFacts } from './read-facts.ts'

const queried = z.object({ status: z.unknown() })
const helped = z.record(z.string(), z.unknown())

/**
 * Sends the facts about this printer to the marketplace: after the registration, and each time that Klipper starts with another
 * configuration. Printing does not wait for this, and an older marketplace ignores it. Rejects only when the edge ends.
 */
export async function reportFacts(ctx: EdgeContext): Promise<void> {
  const { firstRetryMs, longestRetryMs } = ctx.config.timing
  const backoff = createBackoff(firstRetryMs, longestRetryMs, ctx.jitter)
  const changes = [ctx.store.changes, ctx.moonraker.changes]
  const ready = () => (isReady(ctx) && ctx.store.identity()?.printer_id) || undefined
  let reported = ''
  for (;;) {
    const printerId = await untilAny(changes, ready, ctx.signal)
    try {
      reported = await report(ctx, printerId, reported)
      backoff.reset()
    } catch (error) {
      ctx.signal.throwIfAborted()
      ctx.log.info({ err: error }, 'the facts about this printer could not be sent, trying again')
      await sleep(backoff.next(), undefined, { signal: ctx.signal })
      continue
    }
    // Another configuration comes with a start of Klipper; another owner's registration is another printer.
    await untilAny(changes, () => ready() !== printerId || undefined, ctx.signal)
  }
}

/** Sends the facts if they differ from `before`. Returns a fingerprint of the printer and its facts. */
async function report(ctx: EdgeContext, printerId: string, before: string): Promise<string> {
  const { status } = await ctx.moonraker.call('printer.objects.query', { objects: factObjects }, queried)
  const help = await ctx.moonraker.call('printer.gcode.help', undefined, helped)
  const facts = readFacts(status, help)
  if (!facts) return before
  const now = JSON.stringify([printerId, facts])
  if (now === before) return before
  try {
    await ctx.marketplace.printerFacts(facts, ctx.signal)
  } catch (error) {
    // An older marketplace.
    if (!isAppError(error, 'not_found', 'method_not_allowed')) throw error
  }
  return now
}

function isReady({ moonraker }: EdgeContext): boolean {
  const { isConnected, klippy } = moonraker.state()
  return isConnected && klippy === 'ready'
}
