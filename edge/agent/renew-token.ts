import { renewTokenNow } from '../marketplace/renew-token.ts'
import type { AgentContext } from './context.ts'
import { requireIdentity } from './request.ts'

/**
 * Renews the printer's own token now, as the edge does by itself at half of its life. It stays in the edge: no secret is in the
 * answer, so no person has to ask for it. Errors: not_registered, token_expired, printer_revoked, marketplace_unavailable.
 */
export async function renewPrinterToken(ctx: AgentContext) {
  await renewTokenNow(ctx)
  const { printer_id, token_issued_at, token_expires_in_s } = requireIdentity(ctx)
  const expires_at = new Date(token_issued_at + token_expires_in_s * 1000).toISOString()
  return { status: 'renewed', printer_id, expires_at }
}
