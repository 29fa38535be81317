import { scaled } from '../../../runtime/time-scale.ts'
import type { Handlers } from '../../context.ts'
import { advanceTransaction } from './advance.ts'
import { openEvent } from './open-event.ts'

// An event is in consensus within seconds; what takes longer is the reconciler's.
const waitMs = 8_000

/** Writes an audit event to the topic; the end of its transaction marks it as delivered. */
export const deliverEvent: Handlers['deliveries']['ledger'] = async (ctx, row) => {
  const opened = await openEvent(ctx, row)
  if (opened) await advanceTransaction(ctx, opened.transactionId, scaled(waitMs, ctx.settings))
  return 'later'
}
