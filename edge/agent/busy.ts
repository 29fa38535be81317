import { AppError, isAppError } from '../../schema/http/errors.ts'
import { renewTokenNow } from '../marketplace/renew-token.ts'
import type { AgentContext } from './context.ts'

/**
 * Throws printer_busy while this printer owes something to the registration that it has: a print in hand (a job whose print has
 * not begun may be given up by force), or a report that can still be delivered.
 */
export async function refuseWhileBusy(ctx: AgentContext, { isForced }: { isForced: boolean }): Promise<void> {
  const job = ctx.currentJob.get()
  if (job && (job.state().record.print || !isForced)) {
    throw new AppError('printer_busy', 'A print is in hand. Cancel it, or let it end, and try again.')
  }
  if (ctx.outbox.entries().some(entry => entry.refused === null) && (await isTokenGood(ctx))) {
    throw new AppError('printer_busy', 'The report of a print is on its way. Try again in a minute.')
  }
}

/** Whether the printer can still speak for itself; a token that has died keeps nobody waiting for its reports. */
async function isTokenGood(ctx: AgentContext): Promise<boolean> {
  try {
    await renewTokenNow(ctx)
    return true
  } catch (error) {
    return !isAppError(error, 'unauthenticated', 'token_expired', 'printer_revoked', 'not_registered')
  }
}
