import { z } from 'zod'

/** The totals of sealed G-code, as in the last frame of its container. */
export const gcodeTotals = z.object({
  bytes: z.int().min(0),
  lines: z.int().min(0),
  layers: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  estimated_time_s: z.number().min(0),
  filament_mm: z.number().min(0),
})
export type GcodeTotals = z.infer<typeof gcodeTotals>

/** The metadata for the printer's file list, from the profile and the slice. */
export const sliceSummary = z.object({
  object_height_mm: z.number().min(0),
  layer_height_mm: z.number().min(0),
  first_layer_height_mm: z.number().min(0),
  nozzle_diameter_mm: z.number().min(0),
  filament_type: z.string().max(40),
  /** The name of the preset, such as "Generic PLA"; not every profile has one. */
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

/** Pictures of layers, at most. */
export const maxPreviews = 24

/** The facts about a slice besides its G-code and keys: the same for the preparation that made it and for those that reuse it. */
export const sliceDetails = z.object({
  totals: gcodeTotals,
  summary: sliceSummary,
  engine: z.object({ name: z.string().max(40), version: z.string().max(40) }),
  warnings: z.array(z.string().max(500)).max(50),
  /** PNGs of 300 x 300 and 32 x 32, base64. */
  thumbnail: z.string().max(400_000),
  thumbnail_small: z.string().max(20_000),
  /** Pictures of layers (counted from 1), from the bed upwards: PNG, base64. Missing from older slicers. */
  previews: z
    .array(z.object({ layer: z.int().min(1), z_mm: z.number().min(0), png: z.base64().max(25_000) }))
    .max(maxPreviews)
    .default([]),
})
export type SliceDetails = z.infer<typeof sliceDetails>

/** A copy of a sealed slice that later preparations reuse. */
export const sliceCopy = z.object({
  gcs_uri: z.string().startsWith('gs://').max(500),
  /** Size of the sealed object in bytes, and its hash. */
  size: z.int().min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Its DEK under the CWS's cache KEK, bound to the slice's key context. */
  wrapped_dek: z.string().max(2000),
  /** The engine, its version and the slicer's build. Another build slices anew. */
  made_by: z.string().max(200),
})
export type SliceCopy = z.infer<typeof sliceCopy>
