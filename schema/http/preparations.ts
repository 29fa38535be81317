import { z } from 'zod'
import { gcodeTotals, sliceSummary } from '../http/slice.ts'
import { idSchema } from './ids.ts'
import { currencySchema, moneySchema } from './money.ts'
import { pageFields, pageQuery } from './page.ts'
import { printerFacts } from './printer-facts.ts'

export const prepareRequest = z.object({
  user_id: idSchema('user'),
  purchase_id: idSchema('purchase'),
  print_profile_id: idSchema('profile'),
  storage_currency: currencySchema,
  print_immediately: z.boolean().default(false),
  printer_id: idSchema('printer').optional(),
})
export type PrepareRequest = z.infer<typeof prepareRequest>

/** The states in the database, and what prepare-status answers: a completed one that is being printed is `printing`. */
export const preparationStates = ['pending', 'in_progress', 'completed', 'failed', 'expired', 'cancelled'] as const
export type PreparationStatus = (typeof preparationStates)[number]
/** At most one of them a purchase and printer. */
export const livePreparationStates = ['pending', 'in_progress'] as const satisfies PreparationStatus[]

const feeFields = {
  /** A JSON number, as the contract says; the exact amount is beside it. */
  slicing_fee: z.number(),
  slicing_fee_exact: moneySchema,
}

export const prepareResponse = z.object({
  status: z.enum(preparationStates),
  purchase_id: idSchema('purchase'),
  preparation_id: idSchema('preparation'),
  print_profile_id: idSchema('profile'),
  printer_id: idSchema('printer'),
  /** The download proxy's address, for the printer's own token, while there is G-code to download; never a bucket's. */
  gcode_file_url: z.string().nullable(),
  gcode_download_url_proxy: z.string().nullable(),
  ...feeFields,
  ttl_hours: z.number(),
})
export type PrepareResponse = z.infer<typeof prepareResponse>

export const prepareStatusQuery = z.object({ purchase_id: idSchema('purchase') })

const errorSchema = z.object({ code: z.string(), message: z.string() }).nullable()

/** While an older preparation prints: the newest one, which its owner waits for. */
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
 * Describes the preparation that is being printed, if any, else the newest one. `print_job_id` and `print_status` are of the
 * print in progress, also when it is queued for an older preparation; else of the newest print of the one described.
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
  /** The profile that it was sliced with, as its owner calls it. Older marketplaces do not say. */
  profile_name: z.string().optional(),
  /** Rights of the purchase that are neither used nor reserved by a print job. Older marketplaces do not say. */
  prints_remaining: z.int().min(0).optional(),
})
export type PreparedPurchase = z.infer<typeof preparedPurchase>

/** Newest first. */
export const preparedListQuery = pageQuery({ usual: 50, most: 50 })
export const preparedListResponse = z.object({ prepared: z.array(preparedPurchase), ...pageFields })
export type PreparedListResponse = z.infer<typeof preparedListResponse>

// --- between bff and slicer ---

export const startPreparationResponse = z.object({
  preparation_id: idSchema('preparation'),
  purchase_id: idSchema('purchase'),
  printer_id: idSchema('printer'),
  /** Proves in progress calls and in the result that this attempt is the one that holds the preparation. */
  lease_id: z.string().min(16).max(64),
  lease_seconds: z.number().positive(),
  profile: z.object({
    machine_settings: z.record(z.string(), z.unknown()),
    process_settings: z.record(z.string(), z.unknown()),
    filament: z.record(z.string(), z.unknown()),
  }),
  /** What the printer says of itself; null where it has not said it yet. Older marketplaces leave it out. */
  printer: printerFacts.nullable().default(null),
  /** Where the sealed G-code goes: gs://bucket/name. */
  gcode_gcs_uri: z.string().startsWith('gs://'),
  kek_encrypted_psek: z.string(),
  /** Grant for the CWS: contexts model:<id> and printer:<id>. */
  cws_token: z.string(),
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
  /** A step of the slicer's: the others are the marketplace's own, and what is in `payment` is out of everybody's reach. */
  step: slicingStep.exclude(['queued', 'payment', 'done']),
  progress: z.number().min(0).max(1),
})
export type PreparationProgressRequest = z.infer<typeof preparationProgressRequest>

/** Gives a lease back before it is over. */
export const preparationReleaseRequest = z.object({ lease_id: z.string().min(16).max(64) })
export type PreparationReleaseRequest = z.infer<typeof preparationReleaseRequest>

/** `cancelled` tells the slicer to stop: the preparation has ended meanwhile. */
export const preparationProgressResponse = z.object({ cancelled: z.boolean() })
