import { sql } from 'drizzle-orm'
import { bigserial, index, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import { at, bytea } from './columns.ts'

/** Messages, ledger events and tasks that committed transactions owe to the outside. */
export const outbox = pgTable(
  'outbox',
  {
    eventId: text('event_id').primaryKey(),
    channel: text('channel')
      .$type<'slicing-jobs' | 'print-jobs' | 'ledger' | 'charge-fee' | 'delete-object' | 'end-job'>()
      .notNull(),
    type: text('type').notNull(),
    /** The purchase whose receipt shows the event; null for other events. */
    purchaseId: text('purchase_id'),
    payload: jsonb('payload').$type<Record<string, unknown>>().notNull(),
    /** For a ledger event: the exact text and the salt whose digest is on the topic. */
    eventText: text('event_text'),
    salt: text('salt'),
    /** The order of writing. Rows with the same order key are delivered in this order. */
    position: bigserial('position', { mode: 'number' }).notNull(),
    orderKey: text('order_key'),
    createdAt: at('created_at').notNull(),
    dueAt: at('due_at').notNull(),
    attempts: integer('attempts').notNull().default(0),
    /** Failed attempts that the row itself probably caused. After a limit the row is dead until an operator replays it. */
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

/** Received messages that could not be processed. An operator inspects and replays them. */
export const deadLetters = pgTable('dead_letters', {
  /** The subscription's topic and Pub/Sub's message id, so that a redelivery is the same row. */
  letterId: text('letter_id').primaryKey(),
  topic: text('topic').$type<'slicing-jobs' | 'slicing-results'>().notNull(),
  /** The received bytes, which may be neither JSON nor text. */
  body: bytea('body').notNull(),
  error: text('error').notNull(),
  failures: integer('failures').notNull(),
  firstFailedAt: at('first_failed_at').notNull(),
  /** After this time Pub/Sub no longer delivers the message by itself. */
  deadAt: at('dead_at'),
  /** When the message was processed, by a replay or a redelivery. */
  takenAt: at('taken_at'),
})
