import type { Context, Queryable } from '../../context.ts'
import { inTransaction } from '../../transaction.ts'
import { type LedgerTransaction, liveTransaction, type Subject } from './open.ts'

/**
 * Ends a subject whose payment could not be opened, by `end`, unless the subject has ended already. When another process has
 * stored a payment meanwhile (the subject's row lock puts the two in order), returns that payment and ends nothing: the payment
 * may be on the network, and its result decides.
 */
export async function endUnpaid(
  ctx: Pick<Context, 'db' | 'handlers'>,
  { kind, subjectId, isStillDue }: Subject,
  end: (tx: Queryable) => Promise<void>,
): Promise<LedgerTransaction | null> {
  return inTransaction(ctx, async tx => {
    const isDue = await isStillDue(tx)
    const live = await liveTransaction(tx, kind, subjectId)
    if (live) return live
    if (isDue) await end(tx)
    return null
  })
}
