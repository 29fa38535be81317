/** Published models, their licences and NFT settings. */
import { sql } from 'drizzle-orm'
import { check, index, integer, jsonb, pgTable, primaryKey, real, text, uniqueIndex } from 'drizzle-orm/pg-core'
import type { ModelUnits } from '../../http/models.ts'
import { at, bytea, units } from './columns.ts'
import { users } from './people.ts'

export const publishedModels = pgTable(
  'published_models',
  {
    modelId: text('model_id').primaryKey(),
    designerId: text('designer_id')
      .notNull()
      .references(() => users.userId),
    title: text('title').notNull(),
    description: text('description').notNull(),
    status: text('status').$type<'inspecting' | 'published' | 'rejected'>().notNull(),
    fileUrl: text('file_url').notNull(),
    modelDek: text('model_dek').notNull(),
    modelFileIv: text('model_file_iv').notNull(),
    modelFileMac: text('model_file_mac'),
    size: integer('size'),
    triangles: integer('triangles'),
    sizeX: real('size_x_mm'),
    sizeY: real('size_y_mm'),
    sizeZ: real('size_z_mm'),
    warnings: jsonb('warnings').$type<string[]>(),
    /** The unit that the designer set; null: the file's own unit, otherwise millimetres. */
    units: text('units').$type<ModelUnits>(),
    /** Within which a buyer may scale it, in percent; both null: not at all. */
    scaleMin: real('scale_min_percent'),
    scaleMax: real('scale_max_percent'),
    /** Isometric. The others are null for models that were published before they were drawn. */
    thumbnail: bytea('thumbnail'),
    thumbnailFront: bytea('thumbnail_front'),
    thumbnailSide: bytea('thumbnail_side'),
    thumbnailTop: bytea('thumbnail_top'),
    tokenTreasuryAccountId: text('token_treasury_account_id').notNull(),
    /** The operation of its request (idempotency.ts): a repeated request publishes one model. */
    operation: text('operation'),
    createdAt: at('created_at').notNull(),
  },
  table => [
    index('published_models_listing').on(table.status, table.createdAt),
    uniqueIndex('one_published_model_an_operation').on(table.operation).where(sql`${table.status} = 'published'`),
  ],
)

export const modelLicenses = pgTable(
  'model_licenses',
  {
    modelId: text('model_id')
      .notNull()
      .references(() => publishedModels.modelId, { onDelete: 'cascade' }),
    licenseType: text('license_type').notNull(),
    priceHbar: units('price_hbar'),
    pricePrint: units('price_print'),
    printsAllowed: integer('prints_allowed').notNull(),
  },
  table => [
    primaryKey({ columns: [table.modelId, table.licenseType] }),
    check('a_price', sql`${table.priceHbar} > 0 OR ${table.pricePrint} > 0`),
    check('some_prints', sql`${table.printsAllowed} > 0`),
  ],
)

export const modelNftSettings = pgTable('model_nft_settings', {
  modelId: text('model_id')
    .primaryKey()
    .references(() => publishedModels.modelId, { onDelete: 'cascade' }),
  nftId: text('nft_id').notNull(),
})
