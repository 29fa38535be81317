import { defaultSpareBytes } from '../config.ts'
import { overviewOf } from '../overview/overview.ts'
import type { AgentContext } from './context.ts'
import { currentSettings } from './current-settings.ts'

/**
 * The printer, its connections, its registration and its print, for everyone on the LAN: what the printer's page shows without a
 * log-in. Heaters and objects of the print are there while a page is open.
 */
export async function overview(ctx: AgentContext) {
  const freeBytes = await ctx.freeSpace()
  // Without a wait from here on: all parts are of one moment.
  return overviewOf({
    printerName: ctx.config.printerName ?? 'printer',
    marketplaceUrl: ctx.config.marketplaceUrl,
    now: ctx.clock(),
    identity: ctx.store.identity(),
    isOwnerChangeAsked: ctx.ownerQuestion.askedFor !== null,
    printer: ctx.moonraker.state(),
    job: ctx.currentJob.get()?.state() ?? null,
    reach: ctx.reach,
    outbox: ctx.outbox,
    freeBytes,
    spareBytes: ctx.config.spareBytes ?? defaultSpareBytes,
    settings: currentSettings(ctx),
  })
}
