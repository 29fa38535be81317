import { sql } from 'drizzle-orm'
import { bigint, index, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core'
import type { Currency } from '../../http/money.ts'
import { at, bytea, units } from './columns.ts'

/** Every transaction for the ledger. Its id and signed bytes are stored before it is sent. */
export const ledgerTransactions = pgTable(
  'ledger_transactions',
  {
    transactionId: text('transaction_id').primaryKey(),
    kind: text('kind').$type<'purchase' | 'slicing_fee' | 'event' | 'refund'>().notNull(),
    /** The id of the purchase, preparation or outbox event. */
    subjectId: text('subject_id').notNull(),
    status: text('status').$type<'created' | 'submitted' | 'settled' | 'failed'>().notNull(),
    signedBytes: bytea('signed_bytes').notNull(),
    validUntil: at('valid_until').notNull(),
    amount: units('amount'),
    currency: text('currency').$type<Currency>(),
    payer: text('payer'),
    payee: text('payee'),
    consensusTimestamp: text('consensus_timestamp'),
    topicSequence: bigint('topic_sequence', { mode: 'number' }),
    error: text('error'),
    createdAt: at('created_at').notNull(),
    settledAt: at('settled_at'),
  },
  table => [
    uniqueIndex('one_live_transaction_a_subject')
      .on(table.kind, table.subjectId)
      .where(sql`${table.status} <> 'failed'`),
    index('ledger_transactions_of_subject').on(table.subjectId, table.kind),
    index('ledger_transactions_open').on(table.createdAt).where(sql`${table.status} IN ('created', 'submitted')`),
    index('ledger_transactions_untimed')
      .on(table.settledAt)
      .where(sql`${table.status} = 'settled' AND ${table.consensusTimestamp} IS NULL`),
  ],
)
