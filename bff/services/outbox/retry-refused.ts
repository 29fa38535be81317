import { notFoundAfterExpiry, operatorAccountEmpty } from '../../../ledger/outcome.ts'
import type { Context, Queryable } from '../../context.ts'
import { findRow, postpone } from './lease.ts'

/** Not the event's own fault: it was not sent in time, or the operator's account is empty. */
const passing = new Set([notFoundAfterExpiry, 'TRANSACTION_EXPIRED', operatorAccountEmpty])

/** The ledger refused an event's transaction permanently: schedules the event again, for a new transaction. */
export async function retryRefusedEvent(ctx: Context, tx: Queryable, eventId: string, reason: string): Promise<void> {
  const row = await findRow(tx, eventId)
  if (!row) return
  const isDead = await postpone(ctx, tx, row, { reason: `the ledger says ${reason}`, isOwnFault: !passing.has(reason) })
  if (isDead) ctx.log.error({ event_id: eventId, reason }, 'given up: an operator can replay it')
}
