/**
 * The marketplace's tables. Invariants are constraints here and not only checks in the code: rights are never negative or
 * more than were bought, a printer has one active job, and each subject has one transaction that has not failed.
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
