import { index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { at } from './columns.ts'

/** Stored answers to requests with an Idempotency-Key. The key's owner is the user, or the printer that calls with its token. */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    userId: text('user_id').notNull(),
    route: text('route').notNull(),
    key: text('key').notNull(),
    /** Null until a streamed form has been read. */
    bodyHash: text('body_hash'),
    /** The same for all attempts, so that an attempt after a crash finds the rows of the one before. */
    operation: text('operation').notNull(),
    /** The working process renews the lease; `attempt` changes when another process takes over an expired one. */
    attempt: integer('attempt').notNull(),
    leaseUntil: at('lease_until').notNull(),
    /** The answer; null until the request is done. */
    status: integer('status'),
    response: jsonb('response').$type<unknown>(),
    expiresAt: at('expires_at').notNull(),
  },
  table => [
    primaryKey({ columns: [table.userId, table.route, table.key] }),
    index('idempotency_keys_expiry').on(table.expiresAt),
  ],
)
