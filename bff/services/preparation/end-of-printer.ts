import { and, eq, inArray, ne } from 'drizzle-orm'
import { preparations } from '../../../schema/db/bff/index.ts'
import { livePreparationStates, type PreparationStatus } from '../../../schema/http/preparations.ts'
import type { Context, Queryable } from '../../context.ts'
import { deleteGcode, movePreparation } from './internal.ts'

/**
 * Ends the preparations of a printer that is being removed, and deletes their G-code. A preparation whose fee is being paid
 * is left to end with its payment, which cannot be called back.
 */
export async function endPreparationsOfPrinter(ctx: Context, tx: Queryable, printerId: string): Promise<void> {
  const ofPrinter = (states: readonly PreparationStatus[]) =>
    tx
      .select({ id: preparations.preparationId })
      .from(preparations)
      .where(and(eq(preparations.printerId, printerId), inArray(preparations.status, [...states])))
  for (const { id } of await ofPrinter(['completed'])) {
    const expired = await movePreparation(ctx, tx, id, { from: ['completed'], to: 'expired' })
    if (expired) await deleteGcode(ctx, tx, expired)
  }
  for (const { id } of await ofPrinter(livePreparationStates)) {
    const cancelled = await movePreparation(ctx, tx, id, {
      from: livePreparationStates,
      to: 'cancelled',
      set: { error: 'The printer was removed.' },
      when: ne(preparations.step, 'payment'),
    })
    if (cancelled) await deleteGcode(ctx, tx, cancelled)
  }
}
