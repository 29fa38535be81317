import { renewTokenNow } from '../marketplace/renew-token.ts'
import type { AgentContext } from './context.ts'
import { requireIdentity } from './request.ts'

/**
 * Renews the printer's own token now; the edge also does so by itself after half of the token's life. The answer contains no secret, so
 * no person's token is needed. Errors: not_registered, token_expired, printer_revoked, marketplace_unavailable.
 */
export async function renewPrinterToken(ctx: AgentContext) {
  await renewTokenNow(ctx)
  const { printer_id, token_issued_at, token_expires_in_s } = requireIdentity(ctx)
  const expires_at = new Date(token_issued_at + token_expires_in_s * 1000).toISOString()
  return { status: 'renewed', printer_id, expires_at }
}
