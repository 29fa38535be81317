/**
 * The marketplace's tables. Constraints enforce the invariants, not only the code: used and reserved rights stay between 0 and
 * the number bought, a printer has one active job, and each subject has one transaction that has not failed.
 */
export * from './idempotency.ts'
export * from './models.ts'
export * from './operators.ts'
export * from './outbox.ts'
export * from './payments.ts'
export * from './people.ts'
export * from './preparations.ts'
export * from './print-jobs.ts'
export * from './printers.ts'
export * from './profiles.ts'
export * from './purchases.ts'
export * from './sliced-cache.ts'
