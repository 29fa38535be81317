import { sql } from 'drizzle-orm'
import { boolean, index, integer, jsonb, pgTable, real, text, uniqueIndex } from 'drizzle-orm/pg-core'
import type { JobStatus, PrinterActivity, PrintOutcome, PrintStats } from '../../http/print-jobs.ts'
import { at } from './columns.ts'
import { preparations } from './preparations.ts'
import { printers } from './printers.ts'
import { purchases } from './purchases.ts'

export const printJobs = pgTable(
  'print_jobs',
  {
    printJobId: text('print_job_id').primaryKey(),
    purchaseId: text('purchase_id')
      .notNull()
      .references(() => purchases.purchaseId),
    preparationId: text('preparation_id')
      .notNull()
      .references(() => preparations.preparationId),
    printerId: text('printer_id')
      .notNull()
      .references(() => printers.printerId),
    userId: text('user_id').notNull(),
    status: text('status').$type<JobStatus>().notNull(),
    cancelRequested: boolean('cancel_requested').notNull().default(false),
    pauseRequested: boolean('pause_requested').notNull().default(false),
    /** The boot nonce of the edge that claimed the job. Another boot must wait for the end of the lease. */
    bootNonce: text('boot_nonce'),
    leaseUntil: at('lease_until'),
    keysGranted: integer('keys_granted').notNull().default(0),
    progress: real('progress').notNull().default(0),
    /** From the printer's last progress report: a PrinterActivity, not Klipper's state. */
    printerState: text('printer_state').$type<PrinterActivity>(),
    printerMessage: text('printer_message'),
    outcome: text('outcome').$type<PrintOutcome>(),
    error: text('error'),
    stats: jsonb('stats').$type<PrintStats>(),
    createdAt: at('created_at').notNull(),
    /** Set when the owner has moved the job in the queue: it orders the queue instead of `createdAt`. */
    queuedAt: at('queued_at'),
    claimedAt: at('claimed_at'),
    startedAt: at('started_at'),
    lastWordAt: at('last_word_at'),
    endedAt: at('ended_at'),
  },
  table => [
    index('print_jobs_of_purchase').on(table.purchaseId, table.createdAt),
    index('print_jobs_of_preparation').on(table.preparationId),
    index('print_jobs_of_user').on(table.userId, table.createdAt),
    index('print_jobs_queue').on(table.printerId, table.status, table.createdAt),
    /** For the tick, which looks through the live jobs of all printers; nearly all jobs have ended. */
    index('print_jobs_live').on(table.status).where(sql`${table.status} IN ('queued', 'claimed', 'printing')`),
    uniqueIndex('one_active_job_a_printer').on(table.printerId).where(sql`${table.status} IN ('claimed', 'printing')`),
  ],
)
