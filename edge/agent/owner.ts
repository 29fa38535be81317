import { AppError } from '../../schema/http/errors.ts'
import type { AgentContext } from './context.ts'

/**
 * Passes when the token is the owner's; while the printer is not registered, when it is anybody's. The marketplace checks the token, and
 * lists the printers of its user. Errors: unauthenticated, forbidden with `refusal`, marketplace_unavailable.
 */
export async function requireOwner(ctx: AgentContext, token: string, refusal: string): Promise<void> {
  const identity = ctx.store.identity()
  const own = await ctx.marketplace.people.printers(token)
  if (identity === null || own.some(({ printer_id }) => printer_id === identity.printer_id)) return
  throw new AppError('forbidden', refusal)
}
