import { removeStubs } from '../print/stubs/remove.ts'
import { refuseWhileBusy } from './busy.ts'
import type { AgentContext } from './context.ts'
import { requireIdentity } from './request.ts'

/**
 * For people with a shell on the printer's host: ends the registration with the printer's own token, at once or as soon as the
 * marketplace can be reached. A job whose print has not begun ends. Errors: not_registered, printer_busy.
 */
export function unregisterHere(ctx: AgentContext) {
  return ctx.registering(async () => {
    const identity = requireIdentity(ctx)
    await refuseWhileBusy(ctx, { isForced: true })
    await ctx.earlierPrinters.add(identity)
    await forgetIdentity(ctx)
    const problem = await ctx.earlierPrinters.giveUp(identity.printer_id)
    return { status: 'unregistered', printer_id: identity.printer_id, name: identity.name, problem }
  })
}

/** Removes the identity, the owner's settings, a job whose print has not begun, and the stubs. */
export async function forgetIdentity(ctx: AgentContext): Promise<void> {
  const { printer_id = null, user_id = null } = ctx.store.identity() ?? {}
  await ctx.settings.reset()
  await ctx.store.clear()
  ctx.log.info({ printer_id }, 'the printer is unregistered')
  ctx.securityLog.add({ event: 'printer_unregistered', user_id, details: { printer_id } })
  await dropJob(ctx)
  await removeStubs(ctx)
}

/** Ends the current job, which has ended at the marketplace. A job whose print began meanwhile goes on; its report will be refused. */
async function dropJob({ currentJob, signal }: AgentContext): Promise<void> {
  // Ends a waiting poll with the old token.
  currentJob.pollNow().catch(() => {})
  const job = currentJob.get()
  if (!job || job.state().record.print) return
  job.send({ kind: 'ended', ending: { kind: 'dropped', why: 'the printer was unregistered' } })
  await currentJob.changes.until(() => (currentJob.get() === job ? undefined : true), signal)
}
