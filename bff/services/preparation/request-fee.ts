import { z } from 'zod'
import type { Context, Queryable } from '../../context.ts'
import { appendMessage } from '../outbox/index.ts'

const feePayload = z.object({ preparation_id: z.string() })

/** Owes the charge of a preparation's fee: the slice waits for it. */
export async function requestFee(
  ctx: Context,
  tx: Queryable,
  preparationId: string,
  purchaseId?: string,
): Promise<void> {
  const payload: z.infer<typeof feePayload> = { preparation_id: preparationId }
  const about = purchaseId === undefined ? {} : { purchaseId }
  await appendMessage(ctx, tx, { channel: 'charge-fee', type: 'charge_fee', payload, ...about })
}

/** The preparation whose fee a message owes. */
export function preparationOfFee(payload: unknown): string {
  return feePayload.parse(payload).preparation_id
}
