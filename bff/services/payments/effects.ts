/** What the end of a transaction does to what it was for, in the database transaction that records the end. */
import type { Context, Queryable } from '../../context.ts'
import { noteRefusal } from '../outbox/refused.ts'
import { markDelivered } from '../outbox/take.ts'
import { completePreparation } from '../preparation/complete.ts'
import { failPreparation } from '../preparation/fail.ts'
import { oweFee } from '../preparation/owe-fee.ts'
import { activatePurchase } from '../purchase/activate.ts'
import { completeRefund, giveUpRefund } from '../purchase/end-refund.ts'
import { failPurchase } from '../purchase/fail.ts'
import type { Failure } from './failure.ts'
import type { LedgerKind, LedgerTransaction } from './open.ts'

interface Effects {
  settled: (ctx: Context, tx: Queryable, row: LedgerTransaction) => Promise<void>
  failed: (ctx: Context, tx: Queryable, row: LedgerTransaction, failure: Failure) => Promise<void>
}

export const effects: Record<LedgerKind, Effects> = {
  purchase: {
    settled: activatePurchase,
    failed: (_ctx, tx, row, { code }) => failPurchase(tx, row.subjectId, code),
  },
  slicing_fee: {
    settled: (ctx, tx, row) => completePreparation(ctx, tx, row.subjectId, row),
    // What its owner could not help is tried again: the slice is kept until then.
    failed: (ctx, tx, row, failure) =>
      failure.code === 'operator_account_empty'
        ? oweFee(ctx, tx, row.subjectId)
        : failPreparation(ctx, tx, row.subjectId, failure),
  },
  refund: {
    settled: completeRefund,
    failed: (_ctx, tx, row) => giveUpRefund(tx, row.subjectId),
  },
  event: {
    settled: (ctx, tx, row) => markDelivered(ctx, tx, row.subjectId),
    // It is certain that the topic does not have it: when the row is due again, the relay opens another.
    failed: (ctx, tx, row) => noteRefusal(ctx, tx, row.subjectId, row.error ?? 'unknown'),
  },
}
