/** Purchases and refunds. */
import { sql } from 'drizzle-orm'
import { check, index, integer, pgTable, text } from 'drizzle-orm/pg-core'
import type { Currency } from '../../http/money.ts'
import type { PurchaseStatus } from '../../http/purchases.ts'
import { at, units } from './columns.ts'
import { publishedModels } from './models.ts'
import { users } from './people.ts'

export const purchases = pgTable(
  'purchases',
  {
    purchaseId: text('purchase_id').primaryKey(),
    userId: text('user_id')
      .notNull()
      .references(() => users.userId),
    modelId: text('model_id')
      .notNull()
      .references(() => publishedModels.modelId),
    nftId: text('nft_id'),
    licenseType: text('license_type').notNull(),
    price: units('price').notNull(),
    currency: text('currency').$type<Currency>().notNull(),
    printsAllowed: integer('prints_allowed').notNull(),
    printsUsed: integer('prints_used').notNull().default(0),
    printsReserved: integer('prints_reserved').notNull().default(0),
    /** Consecutive print jobs that were granted a key and ended without success. An operator resets it. */
    attempts: integer('attempts').notNull().default(0),
    status: text('status').$type<PurchaseStatus>().notNull(),
    error: text('error'),
    createdAt: at('created_at').notNull(),
  },
  table => [
    index('purchases_of_user').on(table.userId, table.createdAt),
    index('purchases_pending').on(table.createdAt).where(sql`${table.status} = 'pending'`),
    check(
      'rights',
      sql`${table.printsUsed} >= 0 AND ${table.printsReserved} >= 0 AND ${table.printsUsed} + ${table.printsReserved} <= ${table.printsAllowed}`,
    ),
  ],
)

/** Refunds of purchases. The unused prints are withdrawn before the money moves; a failed refund returns them. */
export const refunds = pgTable(
  'refunds',
  {
    purchaseId: text('purchase_id')
      .primaryKey()
      .references(() => purchases.purchaseId),
    reason: text('reason').notNull(),
    printsWithdrawn: integer('prints_withdrawn').notNull(),
    createdAt: at('created_at').notNull(),
  },
  table => [check('some_prints', sql`${table.printsWithdrawn} >= 0`)],
)
