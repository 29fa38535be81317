import type { Context, Queryable } from '../../context.ts'
import { inTransaction } from '../../transaction.ts'
import { type LedgerTransaction, liveTransaction, type Subject } from './open.ts'

/**
 * Ends what no payment could be made for, by `end`, unless it has ended already. Does nothing when a payment is stored after
 * all, by whoever was faster (the subject's row makes the two wait for each other), and returns that one: it may be on the
 * network, and its own end decides.
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
