import type { Context, Queryable } from '../../context.ts'
import { appendMessage } from '../outbox/append.ts'

/** Owes the charge of a preparation's fee: the slice waits for it. */
export async function oweFee(ctx: Context, tx: Queryable, preparationId: string, purchaseId?: string): Promise<void> {
  const payload = { preparation_id: preparationId }
  const about = purchaseId === undefined ? {} : { purchaseId }
  await appendMessage(ctx, tx, { channel: 'charge-fee', type: 'charge_fee', payload, ...about })
}
