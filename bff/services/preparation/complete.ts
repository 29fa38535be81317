import { eq } from 'drizzle-orm'
import { scaled } from '../../../runtime/time-scale.ts'
import { type ledgerTransactions, preparations } from '../../../schema/db/bff/index.ts'
import { toAmount } from '../../../schema/http/money.ts'
import type { Context, Queryable } from '../../context.ts'
import { wakePrinter } from '../../wake.ts'
import { appendLedgerEvent } from '../outbox/index.ts'
import { movePreparation, type Preparation } from './internal.ts'

/** Releases a slice whose fee is settled (`payment`; null without a fee). The slice's expiry counts from now. */
export async function completePreparation(
  ctx: Context,
  tx: Queryable,
  preparationId: string,
  payment: typeof ledgerTransactions.$inferSelect | null,
): Promise<void> {
  const expiry = new Date(ctx.clock().getTime() + scaled(ctx.settings.gcodeTtlHours * 3600_000, ctx.settings))
  const done = await movePreparation(ctx, tx, preparationId, {
    from: ['in_progress'],
    to: 'completed',
    set: { step: 'done', progress: 1, gcodeTtlExpiry: expiry, leaseUntil: null },
  })
  if (!done) return
  const { purchaseId } = done
  if (payment) {
    await appendLedgerEvent(ctx, tx, {
      type: 'slicing_fee',
      purchaseId,
      public: {
        purchase_id: purchaseId,
        preparation_id: preparationId,
        fee: toAmount(done.slicingFee, done.feeCurrency),
        currency: done.feeCurrency,
      },
      private: { transaction_id: payment.transactionId },
    })
  }
  await appendLedgerEvent(ctx, tx, {
    type: 'model_prepare',
    purchaseId,
    public: { purchase_id: purchaseId, preparation_id: preparationId, ...(done.renews && { renews: done.renews }) },
    private: { printer_id: done.printerId, gcode_sha256: done.totals?.sha256 ?? '' },
  })
  // Wake the printer, so that its file list shows the slice before a print is requested.
  await wakePrinter(tx, done.printerId)
  if (done.printImmediately) await printNow(ctx, tx, done)
}

/** Queues the print that print_immediately asked for. When refused (no right left), the slice stays, and the reason is stored. */
async function printNow(ctx: Context, tx: Queryable, done: Preparation): Promise<void> {
  const printError = await ctx.handlers.printPreparation(ctx, tx, done)
  if (printError === null) return
  const byId = eq(preparations.preparationId, done.preparationId)
  await tx.update(preparations).set({ printError }).where(byId)
}
