import {
  type AnyPgColumn,
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  real,
  text,
} from 'drizzle-orm/pg-core'
import type { Currency } from '../../http/money.ts'
import type { Overrides } from '../../http/overrides.ts'
import type { PreparationStatus, SlicingStep } from '../../http/preparations.ts'
import type { GcodeTotals, SliceSummary } from '../../http/slice.ts'
import type { EngineName } from '../../http/slicer.ts'
import { at, bytea, units } from './columns.ts'
import { printers } from './printers.ts'
import { printProfiles } from './profiles.ts'
import { purchases } from './purchases.ts'

export const preparations = pgTable(
  'preparations',
  {
    preparationId: text('preparation_id').primaryKey(),
    purchaseId: text('purchase_id')
      .notNull()
      .references(() => purchases.purchaseId),
    printerId: text('printer_id')
      .notNull()
      .references(() => printers.printerId),
    printProfileId: text('print_profile_id')
      .notNull()
      .references(() => printProfiles.printProfileId),
    status: text('status').$type<PreparationStatus>().notNull(),
    step: text('step').$type<SlicingStep>().notNull(),
    progress: real('progress').notNull().default(0),
    /** The slicer's attempt that holds the preparation, and the end of its lease. */
    leaseId: text('lease_id'),
    leaseUntil: at('lease_until'),
    /** Names what it is sliced from, in sliced_cache; null before its start and while nothing is cached. */
    sliceKey: text('slice_key'),
    slicingFee: units('slicing_fee').notNull(),
    feeCurrency: text('fee_currency').$type<Currency>().notNull(),
    /** For a G-code that was prepared again by itself: the expired preparation, whose fee covers this one. */
    renews: text('renews').references((): AnyPgColumn => preparations.preparationId),
    printImmediately: boolean('print_immediately').notNull(),
    printError: text('print_error'),
    errorCode: text('error_code'),
    error: text('error'),
    gcodeFileUrl: text('gcode_file_url'),
    psekEncryptedGcodeDek: text('psek_encrypted_gcode_dek'),
    gcodeTtlExpiry: at('gcode_ttl_expiry'),
    /** Size of the sealed object in bytes, and its hash. */
    gcodeSize: bigint('gcode_size', { mode: 'number' }),
    gcodeSha256: text('gcode_sha256'),
    totals: jsonb('totals').$type<GcodeTotals>(),
    summary: jsonb('summary').$type<SliceSummary>(),
    /** The engine that the buyer chose, if any; `engine` is the one that sliced. */
    requestedEngine: text('requested_engine').$type<EngineName>(),
    /** The buyer's overrides, in their normal form. */
    overrides: jsonb('overrides').$type<Overrides>().notNull().default({}),
    engine: jsonb('engine').$type<{ name: string; version: string }>(),
    warnings: jsonb('warnings').$type<string[]>().notNull(),
    thumbnail: bytea('thumbnail'),
    thumbnailSmall: bytea('thumbnail_small'),
    createdAt: at('created_at').notNull(),
    updatedAt: at('updated_at').notNull(),
  },
  table => [
    index('preparations_of_purchase').on(table.purchaseId, table.createdAt),
    index('preparations_of_printer').on(table.printerId, table.status),
    index('preparations_live').on(table.status, table.gcodeTtlExpiry),
  ],
)

/** Pictures of a slice's layers, numbered from the bed upwards. Beside the preparation, which is read far more often. */
export const preparationPreviews = pgTable(
  'preparation_previews',
  {
    preparationId: text('preparation_id')
      .notNull()
      .references(() => preparations.preparationId),
    /** From 0. */
    n: integer('n').notNull(),
    /** The layer that it shows, from 1, and its top. */
    layer: integer('layer').notNull(),
    zMm: real('z_mm').notNull(),
    png: bytea('png').notNull(),
  },
  table => [primaryKey({ columns: [table.preparationId, table.n] })],
)
