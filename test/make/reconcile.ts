import type { Context } from '../../bff/context.ts'
import { reconcileTransactions } from '../../bff/services/payments/reconcile.ts'
import { payUnpaidPurchases } from '../../bff/services/purchase/pay-unpaid.ts'

/** The tick's work on payments: continues open transactions, and pays for purchases that a crash left unpaid. */
export async function reconcileLedger(ctx: Context): Promise<void> {
  await Promise.all([reconcileTransactions(ctx), payUnpaidPurchases(ctx)])
}
