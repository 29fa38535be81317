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
