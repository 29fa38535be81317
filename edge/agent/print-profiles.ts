import { z } from 'zod'
import { pageRequests } from '../../schema/page/requests.ts'
import type { AgentContext } from './context.ts'
import { parseParams, withToken } from './request.ts'

const request = withToken(pageRequests.print_profiles)

/** OrcaSlicer writes a value as text or, for each extruder or filament, in a list. */
const word = z
  .union([z.string(), z.number(), z.array(z.union([z.string(), z.number()]))])
  .transform(value => String(Array.isArray(value) ? (value[0] ?? '') : value).slice(0, 200) || null)
  .nullable()
  .catch(null)
const millimetres = word.transform(text => {
  const number = Number(text ?? Number.NaN)
  return Number.isFinite(number) ? number : null
})

const profile = z.object({
  print_profile_id: z.string(),
  name: z.string(),
  created_at: z.string(),
  machine_settings: z
    .object({ printer_settings_id: word, name: word, nozzle_diameter: millimetres })
    .partial()
    .catch({}),
  process_settings: z.object({ print_settings_id: word, name: word, layer_height: millimetres }).partial().catch({}),
  filament: z.object({ filament_settings_id: word, name: word, filament_type: word }).partial().catch({}),
})

/** The person's print profiles, without their settings. Errors: invalid_input, unauthenticated, marketplace_unavailable. */
export async function printProfiles(ctx: AgentContext, params: unknown) {
  const { token } = parseParams(request, params)
  const profiles = await ctx.marketplace.people.profiles(token)
  return { print_profiles: profiles.map(one => summary(profile.parse(one))) }
}

function summary({ machine_settings: machine, process_settings: process, filament, ...rest }: z.infer<typeof profile>) {
  return {
    ...rest,
    printer: machine.printer_settings_id ?? machine.name ?? null,
    process: process.print_settings_id ?? process.name ?? null,
    filament: filament.filament_settings_id ?? filament.name ?? null,
    filament_type: filament.filament_type ?? null,
    nozzle_mm: machine.nozzle_diameter ?? null,
    layer_height_mm: process.layer_height ?? null,
  }
}
