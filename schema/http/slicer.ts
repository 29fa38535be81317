import { z } from 'zod'
import { type ErrorCode, isErrorCode } from './errors.ts'
import { idSchema } from './ids.ts'
import { modelUnits, modelView, unitSuggestion } from './models.ts'
import { overrides } from './overrides.ts'
import { printerFacts } from './printer-facts.ts'
import { profileContents, profileFilesMost } from './profiles.ts'

/** POST /inspect of the slicer: parses a model that is already in the bucket, encrypted. */
export const inspectRequest = z.object({
  model_id: idSchema('model'),
  stl_gcs_uri: z.string().startsWith('gs://').max(500),
  stl_dek: z.string().max(2000),
  stl_iv: z.string().max(64),
  stl_mac: z.string().max(64),
  cws_token: z.string().max(4000),
  units: modelUnits.nullable().default(null),
})
export type InspectRequest = z.infer<typeof inspectRequest>

export const inspectResponse = z.object({
  /** The file's format, judged by its content: "stl-binary", "stl-ascii", "3mf", "obj". */
  format: z.string().default('stl-binary'),
  /** The unit in which the file was read. */
  units: z.string().default('mm'),
  triangles: z.int(),
  dimensions_mm: z.object({ x: z.number(), y: z.number(), z: z.number() }),
  volume_mm3: z.number(),
  warnings: z.array(z.string()),
  suggestions: z.array(unitSuggestion).default([]),
  /** Why a model of this size cannot be printed: such a model is not published. */
  fault: z
    .object({ code: z.custom<ErrorCode>(isErrorCode), message: z.string() })
    .nullable()
    .default(null),
  /** PNG, 300 x 300, base64. */
  thumbnail: z.string(),
  /** The same sort of picture from each side. */
  thumbnails: z.array(z.object({ view: modelView, png: z.string() })).default([]),
})
export type InspectResponse = z.infer<typeof inspectResponse>

/** POST /check-profile of the slicer: a dry run of a profile, on a printer when its facts are known. */
export const checkProfileRequest = z.object({
  profile: profileContents,
  printer: printerFacts.nullable(),
  /** The overrides of the preparation for which the profile is tried. */
  overrides: overrides.optional(),
})
export type CheckProfileRequest = z.infer<typeof checkProfileRequest>

export const checkProfileResponse = z.object({
  /** Settings that are changed or ignored. */
  warnings: z.array(z.string().max(500)).max(50),
  /** Reasons why the profile cannot be used, for that printer or for any. */
  faults: z
    .array(
      z.object({
        code: z.enum(['profile_invalid', 'gcode_rejected', 'profile_not_for_printer']),
        message: z.string().max(1000),
      }),
    )
    .max(20),
})
export type CheckProfileResponse = z.infer<typeof checkProfileResponse>

const presetName = z.string().max(200).nullable().default(null)

/** POST /read-profile of the slicer: OrcaSlicer's files, unchanged, and the names of the presets to choose among several of a kind. */
export const readProfileRequest = z.object({
  files: z
    .array(z.object({ name: z.string().max(300), content: z.string().describe('base64') }))
    .min(1)
    .max(profileFilesMost),
  printer: presetName,
  process: presetName,
  filament: presetName,
})
export type ReadProfileRequest = z.infer<typeof readProfileRequest>

/** `name` is the printer's. */
export const readProfileResponse = profileContents.extend({ name: z.string() })
export type ReadProfileResponse = z.infer<typeof readProfileResponse>

/** All slicing engines; GET /engines lists those of a slicer. */
export const engineNames = ['three', 'prusa', 'orca'] as const
export const engineName = z.enum(engineNames)
export type EngineName = z.infer<typeof engineName>

/** GET /engines of the slicer. */
export const engineListResponse = z.object({
  engines: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      default: z.boolean(),
      /** The engine's license as an SPDX identifier, and the address of its source. */
      license: z.string(),
      source_url: z.url(),
      /** Settings of Orca's profiles that shape a print and that the engine does not follow. */
      ignores: z.array(z.string()).default([]),
    }),
  ),
})
