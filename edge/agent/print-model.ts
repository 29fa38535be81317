import { pageRequests } from '../../schema/page/requests.ts'
import type { AgentContext } from './context.ts'
import { parseParams, withToken } from './request.ts'

const request = withToken(pageRequests.print_model)

/**
 * Orders a print of a prepared purchase, by default on this printer. Reserves one of the person's rights. Errors:
 * invalid_input, unauthenticated, forbidden, no_rights_left, gcode_expired, not_prepared, ...
 */
export async function printModel(ctx: AgentContext, params: unknown) {
  const { token, idempotency_key, ...wanted } = parseParams(request, params)
  const printer_id = wanted.printer_id ?? ctx.store.identity()?.printer_id
  return ctx.marketplace.people.print(token, { ...wanted, printer_id }, idempotency_key)
}
