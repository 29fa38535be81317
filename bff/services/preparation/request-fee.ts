import { z } from 'zod'
import type { Context, Queryable } from '../../context.ts'
import { appendMessage } from '../outbox/index.ts'

const feePayload = z.object({ preparation_id: z.string() })

/** Adds a charge-fee message to the outbox. The slice is released when the payment has settled. */
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

/** The id of the preparation that a charge-fee message names. */
export function preparationOfFee(payload: unknown): string {
  return feePayload.parse(payload).preparation_id
}
