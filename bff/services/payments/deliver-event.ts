import { scaled } from '../../../runtime/time-scale.ts'
import type { Handlers } from '../../context.ts'
import { advanceTransaction } from './advance.ts'
import { openEvent } from './open-event.ts'

// An event usually reaches consensus within seconds. If not, the tick continues it.
const waitMs = 8_000

/** Writes an audit event to the topic. The row is marked as delivered when its transaction has settled. */
export const deliverEvent: Handlers['deliveries']['ledger'] = async (ctx, row) => {
  const opened = await openEvent(ctx, row)
  if (opened) await advanceTransaction(ctx, opened.transactionId, scaled(waitMs, ctx.settings))
  return 'later'
}
