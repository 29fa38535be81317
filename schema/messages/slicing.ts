import { z } from 'zod'
import { errorStatus } from '../http/errors.ts'
import { idSchema } from '../http/ids.ts'

/** The message on <env>-slicing-jobs: the contract's fields, the MAC, and what they are for. */
export const slicingJob = z.object({
  purchase_id: idSchema('purchase'),
  preparation_id: idSchema('preparation'),
  print_profile_id: idSchema('profile'),
  printer_id: idSchema('printer'),
  model_id: idSchema('model'),
  stl_gcs_uri: z.string().startsWith('gs://').max(500),
  /** The model's DEK under the CWS's model KEK. */
  stl_dek: z.string().max(2000),
  stl_iv: z.string().max(64),
  stl_mac: z.string().max(64),
})
export type SlicingJob = z.infer<typeof slicingJob>

/** The last frame of the container, too. */
export const gcodeTotals = z.object({
  bytes: z.int().min(0),
  lines: z.int().min(0),
  layers: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  estimated_time_s: z.number().min(0),
  filament_mm: z.number().min(0),
})
export type GcodeTotals = z.infer<typeof gcodeTotals>

/** What the printer's file list shows of a job; made from the profile and the slice. */
export const sliceSummary = z.object({
  object_height_mm: z.number().min(0),
  layer_height_mm: z.number().min(0),
  first_layer_height_mm: z.number().min(0),
  nozzle_diameter_mm: z.number().min(0),
  filament_type: z.string().max(40),
  /** As the preset is called, such as "Generic PLA"; not every profile says it. */
  filament_name: z.string().max(100).optional(),
  /** Such as #2196F3. */
  filament_colour: z
    .string()
    .regex(/^#[0-9A-F]{6}$/)
    .optional(),
  filament_weight_g: z.number().min(0),
  first_layer_temperature_c: z.number().min(0),
  first_layer_bed_temperature_c: z.number().min(0),
  chamber_temperature_c: z.number().min(0).optional(),
})
export type SliceSummary = z.infer<typeof sliceSummary>

const errorCode = z.enum(Object.keys(errorStatus) as [keyof typeof errorStatus, ...(keyof typeof errorStatus)[]])

/** The message on <env>-slicing-results. `lease_id` says which attempt it is of: an older one's result is dropped. */
export const slicingResult = z.discriminatedUnion('outcome', [
  z.object({
    outcome: z.literal('sliced'),
    preparation_id: idSchema('preparation'),
    lease_id: z.string().min(16).max(64),
    gcode_gcs_uri: z.string().startsWith('gs://').max(500),
    psek_encrypted_gcode_dek: z.string().max(2000),
    /** Of the sealed object. */
    size: z.int().min(1),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    totals: gcodeTotals,
    summary: sliceSummary,
    engine: z.object({ name: z.string().max(40), version: z.string().max(40) }),
    warnings: z.array(z.string().max(500)).max(50),
    /** PNGs of 300 x 300 and 32 x 32, base64. */
    thumbnail: z.string().max(400_000),
    thumbnail_small: z.string().max(20_000),
  }),
  z.object({
    outcome: z.literal('failed'),
    preparation_id: idSchema('preparation'),
    lease_id: z.string().min(16).max(64),
    code: errorCode,
    message: z.string().max(1000),
  }),
])
export type SlicingResult = z.infer<typeof slicingResult>
