import type { Handlers } from '../context.ts'
import { endCwsJob, markDelivered, publish, removeObject, retryRefusedEvent } from './outbox/index.ts'
import { deliverEvent } from './payments/index.ts'
import {
  chargeFee,
  completePreparation,
  endPreparationsOfPrinter,
  failPreparation,
  preparationOfFee,
  requestFee,
} from './preparation/index.ts'
import { endJobsOfPrinter, printPreparation } from './print-job/index.ts'
import { activatePurchase, completeRefund, failPurchase, undoRefund } from './purchase/index.ts'

/** Passes functions against the direction of the imports: the folders of services/ import each other in one direction only. */
export const handlers: Handlers = {
  // marketplace.ts replaces this. After an operator's command, the tick of the service delivers.
  afterCommit: () => {},
  payments: {
    purchase: {
      settled: activatePurchase,
      failed: (_ctx, tx, row, { code }) => failPurchase(tx, row.subjectId, code),
    },
    slicing_fee: {
      settled: (ctx, tx, row) => completePreparation(ctx, tx, row.subjectId, row),
      // Not the owner's fault: keep the slice and request the fee again.
      failed: (ctx, tx, row, failure) =>
        failure.code === 'operator_account_empty'
          ? requestFee(ctx, tx, row.subjectId)
          : failPreparation(ctx, tx, row.subjectId, failure),
    },
    refund: {
      settled: completeRefund,
      failed: (_ctx, tx, row) => undoRefund(tx, row.subjectId),
    },
    event: {
      settled: (ctx, tx, row) => markDelivered(ctx, tx, row.subjectId),
      // The topic certainly does not have the event: when the row is due again, the relay opens another transaction.
      failed: (ctx, tx, row) => retryRefusedEvent(ctx, tx, row.subjectId, row.error ?? 'unknown'),
    },
  },
  deliveries: {
    'slicing-jobs': publish,
    'print-jobs': publish,
    'delete-object': removeObject,
    'end-job': endCwsJob,
    ledger: deliverEvent,
    'charge-fee': async (ctx, row) => {
      await chargeFee(ctx, preparationOfFee(row.payload))
      return 'delivered'
    },
  },
  printPreparation,
  onPrinterRemoved: async (ctx, tx, printerId, options) => {
    await endJobsOfPrinter(ctx, tx, printerId, options)
    await endPreparationsOfPrinter(ctx, tx, printerId)
  },
}
