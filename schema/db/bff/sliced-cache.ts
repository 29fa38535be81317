import { bigint, index, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import type { SliceDetails } from '../../http/slice.ts'
import { at } from './columns.ts'

/** Sealed slices that later preparations of the same model with the same settings reuse. */
export const slicedCache = pgTable(
  'sliced_cache',
  {
    sliceKey: text('slice_key').primaryKey(),
    /** No foreign key: the tick needs the row of a removed model to remove the object. */
    modelId: text('model_id').notNull(),
    gcsUri: text('gcs_uri').notNull(),
    /** The object's DEK under the CWS's cache KEK. */
    wrappedDek: text('wrapped_dek').notNull(),
    /** Size of the sealed object in bytes, and its hash. */
    size: bigint('size', { mode: 'number' }).notNull(),
    sha256: text('sha256').notNull(),
    /** The engine, its version and the slicer's build. */
    madeBy: text('made_by').notNull(),
    details: jsonb('details').$type<SliceDetails>().notNull(),
    createdAt: at('created_at').notNull(),
    /** When a preparation last found it. When the cache is full, the slice that was unused for longest is removed. */
    usedAt: at('used_at').notNull(),
    expiresAt: at('expires_at').notNull(),
  },
  table => [index('sliced_cache_used').on(table.usedAt), index('sliced_cache_of_model').on(table.modelId)],
)
