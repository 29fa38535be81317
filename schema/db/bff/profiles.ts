import { sql } from 'drizzle-orm'
import { index, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import type { Settings } from '../../http/profiles.ts'
import { at } from './columns.ts'
import { users } from './people.ts'

export const printProfiles = pgTable(
  'print_profiles',
  {
    printProfileId: text('print_profile_id').primaryKey(),
    userId: text('user_id')
      .notNull()
      .references(() => users.userId),
    name: text('name').notNull(),
    machineSettings: jsonb('machine_settings').$type<Settings>().notNull(),
    processSettings: jsonb('process_settings').$type<Settings>().notNull(),
    filament: jsonb('filament').$type<Settings>().notNull(),
    /** Size of the settings, so that a list finds the end of its page without reading them. */
    bytes: integer('bytes')
      .notNull()
      .generatedAlwaysAs(
        sql`octet_length(machine_settings::text) + octet_length(process_settings::text) + octet_length(filament::text)`,
      ),
    createdAt: at('created_at').notNull(),
    /** Set when the user deleted a profile that preparations name. Such a row is in no list and counts for no limit. */
    deletedAt: at('deleted_at'),
  },
  table => [index('print_profiles_of_user').on(table.userId)],
)
