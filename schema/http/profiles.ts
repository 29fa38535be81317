import { z } from 'zod'
import { idSchema } from './ids.ts'
import { pageFields, pageQuery } from './page.ts'

type Scalar = string | number | boolean
type Setting = Scalar | Scalar[]

const mostSettings = 600
const mostElements = 400
const mostFaults = 20

/**
 * Settings under OrcaSlicer's own names; a value is a scalar or, as Orca writes most, an array of them (the outline of a
 * round bed is one of a hundred points). Checked by hand up to the twentieth fault: zod would collect an issue for each
 * value, and takes a third of a second for the bad ones that a profile's bytes can hold.
 */
export const settingsSchema = z
  .record(z.string(), z.unknown() as z.ZodType<Setting>)
  .superRefine((settings, context) => {
    const names = Object.keys(settings)
    if (names.length > mostSettings) {
      context.addIssue({ code: 'custom', message: `has more than ${mostSettings} settings` })
      return
    }
    let faults = 0
    for (const name of names) {
      const message = faultOf(name, settings[name])
      if (message === null) continue
      context.addIssue({ code: 'custom', path: [name], message })
      faults++
      if (faults === mostFaults) return
    }
  })
  .describe(
    `Each a text, a number, true or false, or an array of at most ${mostElements} of these; at most ${mostSettings} of them.`,
  )

function faultOf(name: string, value: unknown): string | null {
  if (!/^[a-z0-9_]{1,80}$/.test(name)) return 'must be named by 1 to 80 lower case letters, digits and underscores'
  if (!Array.isArray(value))
    return isScalar(value) ? null : 'must be a text, a number, true or false, or an array of these'
  if (value.length > mostElements) return `must have at most ${mostElements} elements`
  const wrong = value.findIndex(element => !isScalar(element))
  return wrong < 0 ? null : `must hold texts, numbers, true or false; element ${wrong} is none of them`
}

function isScalar(value: unknown): boolean {
  if (typeof value === 'string') return value.length <= 20_000
  return typeof value === 'boolean' || Number.isFinite(value)
}

export type Settings = z.infer<typeof settingsSchema>

/** A profile's body may be so large, and hold so many values. */
export const profileMaxBytes = 256 * 1024
export const profileMaxValues = 20_000

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

export const profileListQuery = pageQuery({ usual: 200, most: 200 })
export const profileListResponse = z.object({ print_profiles: z.array(profileResponse), ...pageFields })
export type ProfileListResponse = z.infer<typeof profileListResponse>
