import { AppError, isAppError } from '../../schema/http/errors.ts'
import type { EdgeContext } from '../context.ts'

type Parts = Pick<EdgeContext, 'store' | 'marketplace' | 'clock' | 'log' | 'securityLog'>

/**
 * Renews the printer's token after half of its life. An unreachable marketplace is no error: there is time for retries in the other
 * half.
 */
export async function renewToken(ctx: Parts): Promise<void> {
  const identity = ctx.store.identity()
  if (!identity) return
  const ageMs = ctx.clock() - identity.token_issued_at
  // A token from the future: this host's clock was set back, and the token's age is unknown.
  if (ageMs >= 0 && ageMs < identity.token_expires_in_s * 500) return
  try {
    await renewTokenNow(ctx)
  } catch (error) {
    if (!isAppError(error)) throw error
    if (error.code !== 'marketplace_unavailable') {
      ctx.securityLog.add({ event: 'token_refused', details: { code: error.code } })
    }
    ctx.log.warn({ code: error.code }, "the printer's token could not be renewed yet")
  }
}

/** Renews the token at any age. Errors: not_registered, printer_revoked, marketplace_unavailable. */
export async function renewTokenNow(ctx: Parts): Promise<void> {
  const identity = ctx.store.identity()
  if (!identity) throw new AppError('not_registered', 'This printer is not registered at the marketplace.')
  const { printer_token, expires_in } = await ctx.marketplace.refreshPrinterToken()
  const token = { printer_token, token_issued_at: ctx.clock(), token_expires_in_s: expires_in }
  // The printer may have been registered again, or unregistered, during the call.
  await ctx.store.renew(identity.printer_id, token)
  ctx.securityLog.add({ event: 'token_renewed' })
}
