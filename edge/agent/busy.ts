import { AppError, isAppError } from '../../schema/http/errors.ts'
import { renewTokenNow } from '../marketplace/renew-token.ts'
import type { AgentContext } from './context.ts'

/**
 * Throws printer_busy while the present registration is in use: by the current job (`isForced` ignores a job whose print has not
 * begun), or by a report that can still be delivered.
 */
export async function refuseWhileBusy(ctx: AgentContext, { isForced }: { isForced: boolean }): Promise<void> {
  const job = ctx.currentJob.get()
  if (job && (job.state().record.print || !isForced)) {
    throw new AppError(
      'printer_busy',
      'The printer has a current print job. Cancel the job, or wait for its end, and try again.',
    )
  }
  if (ctx.outbox.entries().some(entry => entry.refused === null) && (await isTokenGood(ctx))) {
    throw new AppError('printer_busy', 'The report of a print is not delivered yet. Try again in a minute.')
  }
}

/** Whether the printer's token is valid. With an invalid token its reports can never be delivered, so nobody waits for them. */
async function isTokenGood(ctx: AgentContext): Promise<boolean> {
  try {
    await renewTokenNow(ctx)
    return true
  } catch (error) {
    return !isAppError(error, 'unauthenticated', 'token_expired', 'printer_revoked', 'not_registered')
  }
}
