/**
 * The tables of the Custodial Wallet Service, in a separate database. Private keys are stored only under the wallet KEK, which is
 * not in the database: a stolen copy alone cannot move money.
 */
import { sql } from 'drizzle-orm'
import {
  type AnyPgColumn,
  bigint,
  bigserial,
  check,
  customType,
  date,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  timestamp,
} from 'drizzle-orm/pg-core'
import type { Currency } from '../http/money.ts'

const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' })
const at = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })

/**
 * One ledger account per user and purpose. The row, with the key and the signed transaction that creates the account, is stored
 * before that transaction is sent, so that a crash neither creates a second account nor loses a key.
 */
export const wallets = pgTable(
  'wallets',
  {
    userId: text('user_id').notNull(),
    purpose: text('purpose').$type<'wallet' | 'treasury'>().notNull(),
    status: text('status').$type<'pending' | 'active'>().notNull(),
    accountId: text('account_id').unique(),
    publicKey: text('public_key').notNull(),
    wrappedKey: text('wrapped_key').notNull(),
    transactionId: text('transaction_id').notNull().unique(),
    signedBytes: bytea('signed_bytes').notNull(),
    validUntil: at('valid_until').notNull(),
    createdAt: at('created_at').notNull(),
    activeAt: at('active_at'),
    /** The token that the account is associated with; only then can it hold any. */
    tokenId: text('token_id'),
  },
  table => [
    primaryKey({ columns: [table.userId, table.purpose] }),
    check('a_purpose', sql`${table.purpose} IN ('wallet', 'treasury')`),
    check('active_has_account', sql`(${table.status} = 'active') = (${table.accountId} IS NOT NULL)`),
    check('a_status', sql`${table.status} IN ('pending', 'active')`),
  ],
)

/** The only accounts that wallets may pay. */
export const payees = pgTable(
  'payees',
  {
    accountId: text('account_id').primaryKey(),
    kind: text('kind').$type<PayeeKind>().notNull(),
    addedBy: text('added_by').notNull(),
    createdAt: at('created_at').notNull(),
  },
  table => [check('a_kind', sql`${table.kind} IN ('treasury', 'operator_added', 'fee')`)],
)
export type PayeeKind = 'treasury' | 'operator_added' | 'fee'

/** Every signed transaction. A wallet's spending of a day is the sum of its rows; a topic message spends nothing. */
export const signatures = pgTable(
  'signatures',
  {
    transactionId: text('transaction_id').primaryKey(),
    bodyHash: text('body_hash').notNull(),
    kind: text('kind').$type<'transfer' | 'topic_message' | 'refund'>().notNull(),
    accountId: text('account_id').references(() => wallets.accountId),
    amount: bigint('amount', { mode: 'bigint' }).notNull(),
    currency: text('currency').$type<Currency>().notNull(),
    payees: text('payees').array().notNull(),
    /** The end of its validity on the network; null for transfers signed before this column existed. */
    validUntil: at('valid_until'),
    /** For a refund: the payment it refunds. */
    refundOf: text('refund_of').references((): AnyPgColumn => signatures.transactionId),
    day: date('day', { mode: 'string' }).notNull(),
    createdAt: at('created_at').notNull(),
  },
  table => [
    index('signatures_spent').on(table.accountId, table.day),
    index('signatures_refunds').on(table.refundOf).where(sql`${table.refundOf} IS NOT NULL`),
    check('a_kind', sql`${table.kind} IN ('transfer', 'topic_message', 'refund')`),
    check('transfer_has_wallet', sql`(${table.kind} <> 'topic_message') = (${table.accountId} IS NOT NULL)`),
    check('transfer_has_amount', sql`(${table.kind} <> 'topic_message') = (${table.amount} > 0)`),
    check('refund_has_payment', sql`(${table.kind} = 'refund') = (${table.refundOf} IS NOT NULL)`),
  ],
)

/** How often keys were opened for each print job, preparation or model. Counted before the key is returned. */
export const keyOpenings = pgTable('key_openings', {
  job: text('job').primaryKey(),
  count: integer('count').notNull(),
  /** When the bff reported the end of the job. Its grants open nothing after that. */
  endedAt: at('ended_at'),
  createdAt: at('created_at').notNull(),
  updatedAt: at('updated_at').notNull(),
})

/** Who called which operation on what, and its result. Never a key, never a plaintext. */
export const auditLog = pgTable(
  'audit_log',
  {
    id: bigserial('id', { mode: 'bigint' }).primaryKey(),
    at: at('at').notNull(),
    requestId: text('request_id').notNull(),
    operation: text('operation').notNull(),
    caller: text('caller').notNull(),
    subject: text('subject'),
    outcome: text('outcome').notNull(),
  },
  table => [index('audit_log_at').on(table.at)],
)
