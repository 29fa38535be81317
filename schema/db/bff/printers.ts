import { boolean, index, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import type { PrinterFacts } from '../../http/printer-facts.ts'
import { at } from './columns.ts'
import { users } from './people.ts'

export const printers = pgTable(
  'printers',
  {
    printerId: text('printer_id').primaryKey(),
    userId: text('user_id')
      .notNull()
      .references(() => users.userId),
    name: text('name').notNull(),
    description: text('description').notNull(),
    kekEncryptedPsek: text('kek_encrypted_psek').notNull(),
    status: text('status').$type<'active' | 'revoked'>().notNull(),
    /** The newest token version that was used. Older versions are refused. */
    tokenVersion: integer('token_version').notNull().default(1),
    /** The facts that the printer has reported; null before its first report. */
    facts: jsonb('facts').$type<PrinterFacts>(),
    printerMayPrint: boolean('printer_may_print').notNull(),
    lastSeenAt: at('last_seen_at'),
    createdAt: at('created_at').notNull(),
    updatedAt: at('updated_at').notNull(),
  },
  table => [index('printers_of_user').on(table.userId)],
)
