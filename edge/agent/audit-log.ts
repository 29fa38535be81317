import { z } from 'zod'
import { idSchema } from '../../schema/http/ids.ts'
import { receiptQuery } from '../../schema/http/purchases.ts'
import type { AgentContext } from './context.ts'
import { parseParams, userToken } from './request.ts'

const request = z.object({ token: userToken, purchase_id: idSchema('purchase') }).extend(receiptQuery.shape)

/**
 * The public ledger's records of one purchase of the person: payment and events, with the salts to verify them independently.
 * Returns the newest events; with the answer's `events_before` as `before`, the events before those.
 * Errors: invalid_input, unauthenticated, forbidden, not_found, marketplace_unavailable.
 */
export async function auditLog(ctx: AgentContext, params: unknown) {
  const { token, purchase_id, ...query } = parseParams(request, params)
  return ctx.marketplace.people.receipt(token, purchase_id, query)
}
