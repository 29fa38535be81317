import { isAppError } from '../../schema/http/errors.ts'
import { pageRequests } from '../../schema/page/requests.ts'
import { refuseWhileBusy } from './busy.ts'
import type { AgentContext } from './context.ts'
import { parseParams, requireIdentity, withToken } from './request.ts'
import { forgetIdentity } from './unregister-here.ts'

const request = withToken(pageRequests.unregister_printer)

/**
 * Removes this printer from the marketplace for its owner, then its identity and stubs from the host. Also works when the marketplace
 * does not know the printer. `force` ends a job whose print has not begun, at the printer and at the marketplace.
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
