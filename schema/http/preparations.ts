import { z } from 'zod'
import { gcodeTotals, sliceCopy, sliceDetails, sliceSummary } from '../http/slice.ts'
import { keyContext } from './cws.ts'
import { idSchema } from './ids.ts'
import { currencySchema, moneySchema } from './money.ts'
import { overrides } from './overrides.ts'
import { pageFields, pageQuery } from './page.ts'
import { printerFacts } from './printer-facts.ts'
import { engineName } from './slicer.ts'

export const prepareRequest = z.object({
  user_id: idSchema('user'),
  purchase_id: idSchema('purchase'),
  print_profile_id: idSchema('profile'),
  storage_currency: currencySchema,
  print_immediately: z.boolean().default(false),
  printer_id: idSchema('printer').optional(),
  /** Slices it; without one the slicer's default does. */
  engine: engineName.optional(),
  overrides: overrides.optional(),
})
export type PrepareRequest = z.infer<typeof prepareRequest>

/** The states of prepare-status: those in the database, and `printing` for a completed preparation that is being printed. */
export const preparationStates = ['pending', 'in_progress', 'completed', 'failed', 'expired', 'cancelled'] as const
export type PreparationStatus = (typeof preparationStates)[number]
/** A purchase and printer have at most one preparation in these states. */
export const livePreparationStates = ['pending', 'in_progress'] as const satisfies PreparationStatus[]

const feeFields = {
  /** A JSON number, as the contract requires. The exact amount is in the field beside it. */
  slicing_fee: z.number(),
  slicing_fee_exact: moneySchema,
}

export const prepareResponse = z.object({
  status: z.enum(preparationStates),
  purchase_id: idSchema('purchase'),
  preparation_id: idSchema('preparation'),
  print_profile_id: idSchema('profile'),
  printer_id: idSchema('printer'),
  /** Our download address, for the printer's token, while the G-code can be downloaded. Never the bucket's address. */
  gcode_file_url: z.string().nullable(),
  gcode_download_url_proxy: z.string().nullable(),
  /** The buyer's overrides in their normal form. */
  overrides,
  ...feeFields,
  /** The expired preparation that this one was made again for by itself, and whose fee covers it. */
  renews: idSchema('preparation').nullable().default(null),
  ttl_hours: z.number(),
})
export type PrepareResponse = z.infer<typeof prepareResponse>

/** POST /api/cancel-prepare. */
export const cancelPrepareRequest = z.object({ preparation_id: idSchema('preparation') })

export const prepareStatusQuery = z.object({ purchase_id: idSchema('purchase') })

const errorSchema = z.object({ code: z.string(), message: z.string() }).nullable()

/** A picture of one layer of the tool path, seen from above. */
export const layerPreview = z.object({
  /** From 1, as printers count them. */
  layer: z.int(),
  /** The layer's top. */
  z_mm: z.number(),
  /** A PNG, for the owner's token. */
  url: z.string(),
})

/** The newest preparation, while an older one is being printed. */
export const newerPreparation = z.object({
  preparation_id: idSchema('preparation'),
  print_profile_id: idSchema('profile'),
  printer_id: idSchema('printer'),
  status: z.enum(preparationStates),
  step: z.string(),
  progress: z.number(),
  error: errorSchema,
})

/**
 * Describes the preparation that is being printed, or else the newest one. `print_job_id` and `print_status` belong to the live
 * print job, even if it is of an older preparation; without one, to the newest print job of the described preparation.
 */
export const prepareStatusResponse = prepareResponse.extend({
  status: z.enum([...preparationStates, 'printing']),
  step: z.string(),
  /** 0 to 1. */
  progress: z.number(),
  error: errorSchema,
  warnings: z.array(z.string()),
  totals: gcodeTotals.nullable(),
  gcode_ttl_expiry: z.iso.datetime().nullable(),
  /** From the bed upwards; none before the slice is done, or after it has ended. */
  previews: z.array(layerPreview),
  print_status: z.string().nullable(),
  print_error: z.string().nullable(),
  print_job_id: idSchema('job').nullable(),
  newer_preparation: newerPreparation.nullable(),
})
export type PrepareStatusResponse = z.infer<typeof prepareStatusResponse>

/** A slice as the printer's file list shows it. */
export const preparedPurchase = z.object({
  purchase_id: idSchema('purchase'),
  preparation_id: idSchema('preparation'),
  title: z.string(),
  /** PNG, base64. */
  thumbnail: z.string().nullable(),
  thumbnail_small: z.string().nullable(),
  totals: gcodeTotals,
  /** For the stub's comments. */
  summary: sliceSummary,
  /** The owner's name for the profile that was used. Missing from older marketplaces. */
  profile_name: z.string().optional(),
  /** The purchase's available rights: neither used nor reserved. Missing from older marketplaces. */
  prints_remaining: z.int().min(0).optional(),
})
export type PreparedPurchase = z.infer<typeof preparedPurchase>

/** Newest first. */
export const preparedListQuery = pageQuery({ usual: 50, most: 50 })
export const preparedListResponse = z.object({ prepared: z.array(preparedPurchase), ...pageFields })
export type PreparedListResponse = z.infer<typeof preparedListResponse>

// --- between bff and slicer ---

/** The cache of slices, for one preparation. */
export const sliceCache = z.object({
  /** Binds the copy's wrapped key to this slice of this model. */
  key_context: keyContext,
  /** The address for a copy of a new slice. */
  copy_gcs_uri: z.string().startsWith('gs://'),
  /** An earlier slice of the same model with the same settings; null when there is none. */
  hit: z.object({ copy: sliceCopy, details: sliceDetails }).nullable(),
})
export type SliceCache = z.infer<typeof sliceCache>

export const startPreparationResponse = z.object({
  preparation_id: idSchema('preparation'),
  purchase_id: idSchema('purchase'),
  printer_id: idSchema('printer'),
  /** Progress calls and the result repeat it, which proves that their attempt holds the preparation. */
  lease_id: z.string().min(16).max(64),
  lease_seconds: z.number().positive(),
  profile: z.object({
    machine_settings: z.record(z.string(), z.unknown()),
    process_settings: z.record(z.string(), z.unknown()),
    filament: z.record(z.string(), z.unknown()),
  }),
  /** The printer's report about itself; null before the first. Missing from older marketplaces. */
  printer: printerFacts.nullable().default(null),
  /** The designer's title, unchanged: it must be made safe before it goes into G-code. Missing from older marketplaces. */
  model_title: z.string().nullable().default(null),
  /** The engine that the buyer chose; null for the slicer's default. Missing from older marketplaces. */
  engine: engineName.nullable().default(null),
  /** In their normal form. Missing from older marketplaces. */
  overrides: overrides.default({}),
  /** The address for the sealed G-code: gs://bucket/name. */
  gcode_gcs_uri: z.string().startsWith('gs://'),
  kek_encrypted_psek: z.string(),
  /** Grant for the CWS: contexts model:<id>, printer:<id> and the cache's key context. */
  cws_token: z.string(),
  /** Null where slices are not cached. Missing from older marketplaces. */
  cache: sliceCache.nullable().default(null),
})
export type StartPreparationResponse = z.infer<typeof startPreparationResponse>

export const slicingSteps = [
  'queued',
  'claimed',
  'download',
  'validate',
  'slice',
  'check',
  'seal',
  'payment',
  'done',
] as const
export const slicingStep = z.enum(slicingSteps)
export type SlicingStep = z.infer<typeof slicingStep>

export const preparationProgressRequest = z.object({
  lease_id: z.string().min(16).max(64),
  /** The steps that the slicer reports. The marketplace sets the others. */
  step: slicingStep.exclude(['queued', 'payment', 'done']),
  progress: z.number().min(0).max(1),
})
export type PreparationProgressRequest = z.infer<typeof preparationProgressRequest>

/** Releases a lease before it expires. */
export const preparationReleaseRequest = z.object({ lease_id: z.string().min(16).max(64) })
export type PreparationReleaseRequest = z.infer<typeof preparationReleaseRequest>

/** `cancelled`: the preparation has ended, so the slicer stops. */
export const preparationProgressResponse = z.object({ cancelled: z.boolean() })
