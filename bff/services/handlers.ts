import type { Handlers } from '../context.ts'
import { endCwsJob, publish, removeObject } from './outbox/deliver.ts'
import { markDelivered } from './outbox/lease.ts'
import { retryRefusedEvent } from './outbox/retry-refused.ts'
import { deliverEvent } from './payments/deliver-event.ts'
import { chargeFee } from './preparation/charge-fee.ts'
import { completePreparation } from './preparation/complete.ts'
import { endPreparationsOfPrinter } from './preparation/end-of-printer.ts'
import { failPreparation } from './preparation/fail.ts'
import { preparationOfFee, requestFee } from './preparation/request-fee.ts'
import { endJobsOfPrinter } from './print-job/end-of-printer.ts'
import { printPreparation } from './print-job/print-prepared.ts'
import { activatePurchase } from './purchase/activate.ts'
import { completeRefund, undoRefund } from './purchase/end-refund.ts'
import { failPurchase } from './purchase/fail.ts'

/** Who does what another folder has done: the folders of services/ import each other in one direction only. */
export const handlers: Handlers = {
  // The service delivers (main.ts); for what is done by hand its tick does.
  afterCommit: () => {},
  payments: {
    purchase: {
      settled: activatePurchase,
      failed: (_ctx, tx, row, { code }) => failPurchase(tx, row.subjectId, code),
    },
    slicing_fee: {
      settled: (ctx, tx, row) => completePreparation(ctx, tx, row.subjectId, row),
      // What its owner could not help is tried again: the slice is kept until then.
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
      // It is certain that the topic does not have it: when the row is due again, the relay opens another.
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
