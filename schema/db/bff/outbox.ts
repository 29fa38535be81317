import { sql } from 'drizzle-orm'
import { bigserial, index, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import { at, bytea } from './columns.ts'

/** What the transaction that changed a state owes to the outside: a message, or a ledger event. */
export const outbox = pgTable(
  'outbox',
  {
    eventId: text('event_id').primaryKey(),
    channel: text('channel')
      .$type<'slicing-jobs' | 'print-jobs' | 'ledger' | 'charge-fee' | 'delete-object' | 'end-job'>()
      .notNull(),
    type: text('type').notNull(),
    /** The purchase whose receipt shows it; null for events of no purchase. */
    purchaseId: text('purchase_id'),
    payload: jsonb('payload').$type<Record<string, unknown>>().notNull(),
    /** Of a ledger event: the exact text that the digest on the topic is of, and its salt. */
    eventText: text('event_text'),
    salt: text('salt'),
    /** The order in which rows were written; those of one order key are delivered in it. */
    position: bigserial('position', { mode: 'number' }).notNull(),
    orderKey: text('order_key'),
    createdAt: at('created_at').notNull(),
    dueAt: at('due_at').notNull(),
    attempts: integer('attempts').notNull().default(0),
    /** Attempts that failed by the row's own fault, as far as we know: after some it is dead until an operator replays it. */
    failures: integer('failures').notNull().default(0),
    deadAt: at('dead_at'),
    deliveredAt: at('delivered_at'),
    lastError: text('last_error'),
  },
  table => [
    index('outbox_due')
      .on(table.channel, table.dueAt)
      .where(sql`${table.deliveredAt} IS NULL AND ${table.deadAt} IS NULL`),
    index('outbox_in_order')
      .on(table.orderKey, table.position)
      .where(sql`${table.deliveredAt} IS NULL AND ${table.deadAt} IS NULL`),
    index('outbox_forgettable')
      .on(table.deliveredAt)
      .where(sql`${table.deliveredAt} IS NOT NULL AND ${table.channel} <> 'ledger'`),
    index('outbox_dead').on(table.deadAt).where(sql`${table.deadAt} IS NOT NULL`),
    index('outbox_of_purchase').on(table.purchaseId, table.createdAt),
  ],
)

/** Messages that reached us and that we could not take. An operator looks at them, and replays them. */
export const deadLetters = pgTable('dead_letters', {
  /** The subscription's topic and Pub/Sub's own id of the message: a repeat is the same letter. */
  letterId: text('letter_id').primaryKey(),
  topic: text('topic').$type<'slicing-jobs' | 'slicing-results'>().notNull(),
  /** What was sent, as it came: it need not be JSON, nor text. */
  body: bytea('body').notNull(),
  error: text('error').notNull(),
  failures: integer('failures').notNull(),
  firstFailedAt: at('first_failed_at').notNull(),
  /** From then on it is no longer pushed to us; before, it comes again by itself. */
  deadAt: at('dead_at'),
  /** When it was taken after all, by a replay or by coming again. */
  takenAt: at('taken_at'),
})
