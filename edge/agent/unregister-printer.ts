import { z } from 'zod'
import { isAppError } from '../../schema/http/errors.ts'
import { refuseWhileBusy } from './busy.ts'
import type { AgentContext } from './context.ts'
import { parseParams, requireIdentity, userToken } from './request.ts'
import { forgetIdentity } from './unregister-here.ts'

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
    await forgetIdentity(ctx)
    return { status: 'unregistered', printer_id }
  })
}
