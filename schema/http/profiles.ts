import { z } from 'zod'
import { idSchema } from './ids.ts'
import { pageFields, pageQuery } from './page.ts'

/** Any JSON: OrcaSlicer writes strings and arrays of strings; its forks and users also write other values. */
export type Setting = string | number | boolean | null | Setting[] | { [name: string]: Setting }

const maxNameLength = 200
const mostFaults = 20

/**
 * Unchanged settings, under the names of OrcaSlicer or a vendor: no name and no type of value is refused. Their bytes, values
 * and depth are limited before parsing. Our own code collects at most twenty faults; zod would collect an issue for each value.
 */
export const settingsSchema = z
  .record(z.string(), z.unknown() as z.ZodType<Setting>)
  .superRefine((settings, context) => {
    let faults = 0
    for (const name in settings) {
      const message = faultOf(name, settings[name])
      if (message === null) continue
      context.addIssue({ code: 'custom', path: [name.slice(0, maxNameLength)], message })
      faults++
      if (faults === mostFaults) return
    }
  })
  .describe(`Each any JSON; a name has at most ${maxNameLength} characters.`)

function faultOf(name: string, value: unknown): string | null {
  if (name.length > maxNameLength) return `must have a name of at most ${maxNameLength} characters`
  return hasEndlessNumber(value) ? 'must not hold a number that is too large to be one' : null
}

/** JSON can write 1e999, but nothing can store it. Recursion is safe: the depth is bounded before. */
function hasEndlessNumber(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isFinite(value)
  return typeof value === 'object' && value !== null && Object.values(value).some(hasEndlessNumber)
}

export type Settings = z.infer<typeof settingsSchema>

/** The largest profiles that OrcaSlicer ships have 25 KiB and 800 values; a user's notes and G-code may take more. */
export const profileMaxBytes = 256 * 1024
export const profileMaxValues = 20_000

/** Files that make a profile together, in a form: OrcaSlicer's presets, a bundle of them, or a project. */
export const profileFilesMost = 3
export const profileFilesMaxBytes = 2 * 1024 * 1024

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

/** Settings of the profile that are changed or ignored, found when it is stored. */
export const profileCreatedResponse = profileResponse.extend({ warnings: z.array(z.string()) })
export type ProfileCreatedResponse = z.infer<typeof profileCreatedResponse>

export const profileListQuery = pageQuery({ usual: 200, most: 200 })
export const profileListResponse = z.object({ print_profiles: z.array(profileResponse), ...pageFields })
export type ProfileListResponse = z.infer<typeof profileListResponse>
