import { z } from 'zod'
import { idSchema } from './ids.ts'

const scalar = z.union([z.string().max(20_000), z.number().refine(Number.isFinite), z.boolean()])

/**
 * Settings under OrcaSlicer's own names; a value is a scalar or, as Orca writes most, an array of them (the outline of a
 * round bed is one of a hundred points).
 */
export const settingsSchema = z
  .record(z.string().regex(/^[a-z0-9_]{1,80}$/), z.union([scalar, z.array(scalar).max(400)]))
  .refine(settings => Object.keys(settings).length <= 600, 'has more than 600 settings')
export type Settings = z.infer<typeof settingsSchema>

export const profileContents = z.object({
  machine_settings: settingsSchema,
  process_settings: settingsSchema,
  filament: settingsSchema,
})
export type ProfileContents = z.infer<typeof profileContents>

export const profileRequest = profileContents.extend({ name: z.string().trim().min(1).max(120).default('My printer') })
export type ProfileRequest = z.infer<typeof profileRequest>

export const profileResponse = profileContents.extend({
  print_profile_id: idSchema('profile'),
  name: z.string(),
  created_at: z.iso.datetime(),
})
export type ProfileResponse = z.infer<typeof profileResponse>

export const profileListResponse = z.object({ print_profiles: z.array(profileResponse) })
