import { z } from 'zod'
import { idSchema } from './ids.ts'

/** POST /inspect of the slicer: parses a model that is already in the bucket, encrypted. */
export const inspectRequest = z.object({
  model_id: idSchema('model'),
  stl_gcs_uri: z.string().startsWith('gs://').max(500),
  stl_dek: z.string().max(2000),
  stl_iv: z.string().max(64),
  stl_mac: z.string().max(64),
  cws_token: z.string().max(4000),
})
export type InspectRequest = z.infer<typeof inspectRequest>

export const inspectResponse = z.object({
  triangles: z.int(),
  dimensions_mm: z.object({ x: z.number(), y: z.number(), z: z.number() }),
  volume_mm3: z.number(),
  warnings: z.array(z.string()),
  /** PNG, 300 x 300, base64. */
  thumbnail: z.string(),
})
export type InspectResponse = z.infer<typeof inspectResponse>

/** The slicing engines that there are; which of them a slicer has, it says itself. */
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
      /** Of the engine, as SPDX names it, and where its source is. */
      license: z.string(),
      source_url: z.url(),
      /** Settings of Orca's profiles that shape a print and that the engine does not follow. */
      ignores: z.array(z.string()).default([]),
    }),
  ),
})
