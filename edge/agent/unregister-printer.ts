import { z } from 'zod'
import { isAppError } from '../../schema/http/errors.ts'
import { end } from '../print/job/state.ts'
import { removeStubs } from '../print/stubs/remove.ts'
import { refuseWhileBusy } from './busy.ts'
import type { AgentContext } from './context.ts'
import { parseParams, requireIdentity, userToken } from './request.ts'

const request = z.object({ token: userToken, force: z.boolean().default(false) })

/**
 * The owner takes this printer from the marketplace; then the edge forgets who it was, and the stubs go. Also works where the
 * marketplace has forgotten the printer already. `force` gives up a job whose print has not begun, here and there.
 * Errors: invalid_input, not_registered, printer_busy, unauthenticated, forbidden, marketplace_unavailable.
 */
export function unregisterPrinter(ctx: AgentContext, params: unknown) {
  const { token, force: isForced } = parseParams(request, params)
  return ctx.registering(async () => {
    const { printer_id } = requireIdentity(ctx)
    await refuseWhileBusy(ctx, { isForced })
    try {
      await ctx.marketplace.people.removePrinter(token, printer_id, { isForced })
    } catch (error) {
      if (!isAppError(error, 'not_found', 'printer_revoked')) throw error
    }
    await ctx.store.clear()
    ctx.log.info({ printer_id }, 'the printer is unregistered')
    await dropJob(ctx)
    await removeStubs(ctx)
    return { status: 'unregistered', printer_id }
  })
}

/** The job in hand has ended at the marketplace. One whose print began meanwhile goes on; its report will find no taker. */
async function dropJob({ desk, signal }: AgentContext): Promise<void> {
  // A poll that is waiting with the old token has nothing more to wait for.
  desk.pollNow().catch(() => {})
  const job = desk.current()
  if (!job || job.record.print) return
  end(job, { kind: 'dropped', why: 'the printer was unregistered' })
  await desk.changes.until(() => (desk.current() === job ? undefined : true), signal)
}
