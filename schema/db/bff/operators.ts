import { bigserial, index, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import { at } from './columns.ts'

/** The manual acts of operators. Rows are only added. */
export const operatorActs = pgTable(
  'operator_acts',
  {
    actId: bigserial('act_id', { mode: 'number' }).primaryKey(),
    act: text('act').notNull(),
    /** The id of the purchase, event or message. */
    subjectId: text('subject_id').notNull(),
    detail: jsonb('detail').$type<Record<string, unknown>>().notNull(),
    createdAt: at('created_at').notNull(),
  },
  table => [index('operator_acts_of_subject').on(table.subjectId)],
)
