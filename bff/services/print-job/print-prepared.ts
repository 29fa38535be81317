import { eq } from 'drizzle-orm'
import { purchases } from '../../../schema/db/bff/index.ts'
import { isAppError } from '../../../schema/http/errors.ts'
import type { Context, Queryable } from '../../context.ts'
import { queueJob } from './request.ts'

/** Queues a print for the purchase's owner, as part of the transaction. Returns the message of the refusal, or null. */
export async function printPreparation(
  ctx: Context,
  tx: Queryable,
  { purchaseId, printerId }: { purchaseId: string; printerId: string },
): Promise<string | null> {
  const [owner] = await tx.select().from(purchases).where(eq(purchases.purchaseId, purchaseId))
  if (!owner) return null
  try {
    // A savepoint, so that a refusal rolls back only the print.
    const request = { purchase_id: purchaseId, printer_id: printerId }
    await tx.transaction(inner => queueJob(ctx, inner, owner.userId, request))
    return null
  } catch (error) {
    if (!isAppError(error)) throw error
    return error.message
  }
}
