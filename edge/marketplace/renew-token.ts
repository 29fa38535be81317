import { isAppError } from '../../schema/http/errors.ts'
import type { EdgeContext } from '../context.ts'

/**
 * Renews the printer's token when half of its life is over. A marketplace that does not answer changes nothing: the other
 * half is for that.
 */
export async function renewToken(ctx: Pick<EdgeContext, 'store' | 'marketplace' | 'clock' | 'log'>): Promise<void> {
  const identity = ctx.store.identity()
  if (!identity) return
  const halfLifeMs = identity.token_expires_in_s * 500
  if (ctx.clock() < identity.token_issued_at + halfLifeMs) return
  try {
    const { printer_token, expires_in } = await ctx.marketplace.refreshPrinterToken()
    await ctx.store.save({
      ...identity,
      printer_token,
      token_issued_at: ctx.clock(),
      token_expires_in_s: expires_in,
    })
  } catch (error) {
    if (!isAppError(error)) throw error
    ctx.log.warn({ code: error.code }, "the printer's token could not be renewed yet")
  }
}
