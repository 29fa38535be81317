import { index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { at } from './columns.ts'

/** Answers to requests that may come twice. The key's owner is the user, or the printer that asks by a token of its own. */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    userId: text('user_id').notNull(),
    route: text('route').notNull(),
    key: text('key').notNull(),
    /** Null until a form that streams past has been read. */
    bodyHash: text('body_hash'),
    /** Names what the request does through crashes: whoever takes it up finds what was done already. */
    operation: text('operation').notNull(),
    /** Whoever works on it renews the lease; `attempt` tells him from one who took over when it was past. */
    attempt: integer('attempt').notNull(),
    leaseUntil: at('lease_until').notNull(),
    /** The answer, once there is one. */
    status: integer('status'),
    response: jsonb('response').$type<unknown>(),
    expiresAt: at('expires_at').notNull(),
  },
  table => [
    primaryKey({ columns: [table.userId, table.route, table.key] }),
    index('idempotency_keys_expiry').on(table.expiresAt),
  ],
)
