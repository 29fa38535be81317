/** Users, their sessions and wallets, and the counters that limit log-in attempts. */
import { index, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import type { Role } from '../../http/auth.ts'
import { at } from './columns.ts'

export const users = pgTable('users', {
  userId: text('user_id').primaryKey(),
  email: text('email').notNull().unique(),
  passwordHash: text('password_hash').notNull(),
  role: text('role').$type<Role>().notNull(),
  createdAt: at('created_at').notNull(),
})

/**
 * One row a session, changed by each refresh in place: who refreshes, logs out or ends it waits for the same row, and none
 * outlives its end.
 */
export const sessions = pgTable(
  'sessions',
  {
    sessionId: text('session_id').primaryKey(),
    userId: text('user_id')
      .notNull()
      .references(() => users.userId),
    /** Of the part that all refresh tokens of the session have in common. */
    familyHash: text('family_hash').notNull().unique(),
    /** Of the refresh token that is good now. Another one of the family was used before: somebody has stolen it. */
    tokenHash: text('token_hash').notNull(),
    userAgent: text('user_agent'),
    createdAt: at('created_at').notNull(),
    usedAt: at('used_at').notNull(),
    expiresAt: at('expires_at').notNull(),
  },
  table => [index('sessions_of_user').on(table.userId, table.usedAt), index('sessions_expiry').on(table.expiresAt)],
)

/** Of earlier versions, whose tokens are sessions now: nothing is written here any more, and what is left is forgotten. */
export const refreshTokens = pgTable(
  'refresh_tokens',
  {
    tokenHash: text('token_hash').primaryKey(),
    userId: text('user_id')
      .notNull()
      .references(() => users.userId),
    family: text('family').notNull(),
    expiresAt: at('expires_at').notNull(),
    usedAt: at('used_at'),
  },
  table => [index('refresh_tokens_family').on(table.family), index('refresh_tokens_expiry').on(table.expiresAt)],
)

/** Failed log-ins by account and by address, counted in windows. */
export const throttles = pgTable(
  'throttles',
  {
    key: text('key').primaryKey(),
    count: integer('count').notNull(),
    resetsAt: at('resets_at').notNull(),
  },
  table => [index('throttles_over').on(table.resetsAt)],
)

/** A person pays from a wallet; what is paid for a designer's models goes to a treasury. Both accounts are the CWS's. */
export const wallets = pgTable(
  'wallets',
  {
    userId: text('user_id')
      .notNull()
      .references(() => users.userId),
    purpose: text('purpose').$type<'wallet' | 'treasury'>().notNull(),
    accountId: text('account_id').notNull(),
    /** The token that it can hold beside HBAR, as the CWS has told. */
    tokenId: text('token_id'),
    createdAt: at('created_at').notNull(),
  },
  table => [primaryKey({ columns: [table.userId, table.purpose] })],
)
