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
 * One row per session, which each refresh updates: refresh and log-out lock the same row, so that no refresh survives a
 * log-out.
 */
export const sessions = pgTable(
  'sessions',
  {
    sessionId: text('session_id').primaryKey(),
    userId: text('user_id')
      .notNull()
      .references(() => users.userId),
    /** Hash of the part that all refresh tokens of the session share. */
    familyHash: text('family_hash').notNull().unique(),
    /** Hash of the valid refresh token. Another token of the same family was used before, so it was stolen. */
    tokenHash: text('token_hash').notNull(),
    userAgent: text('user_agent'),
    createdAt: at('created_at').notNull(),
    usedAt: at('used_at').notNull(),
    expiresAt: at('expires_at').notNull(),
  },
  table => [index('sessions_of_user').on(table.userId, table.usedAt), index('sessions_expiry').on(table.expiresAt)],
)

/** Refresh tokens of earlier versions, which are sessions now. Nothing is written here; the old rows are purged. */
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

/** Counters of limited acts, such as log-ins by account and network, per time window. */
export const throttles = pgTable(
  'throttles',
  {
    key: text('key').primaryKey(),
    count: integer('count').notNull(),
    resetsAt: at('resets_at').notNull(),
  },
  table => [index('throttles_over').on(table.resetsAt)],
)

/** A user pays from a wallet; a treasury receives the payments for a designer's models. The CWS holds the keys of both. */
export const wallets = pgTable(
  'wallets',
  {
    userId: text('user_id')
      .notNull()
      .references(() => users.userId),
    purpose: text('purpose').$type<'wallet' | 'treasury'>().notNull(),
    accountId: text('account_id').notNull(),
    /** The token that the account can hold beside HBAR, from the CWS. */
    tokenId: text('token_id'),
    createdAt: at('created_at').notNull(),
  },
  table => [primaryKey({ columns: [table.userId, table.purpose] })],
)
