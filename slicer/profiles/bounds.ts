/** Limits on a profile's numbers, so that an engine neither fails nor runs endlessly. */
import type { Settings } from '../../schema/http/profiles.ts'
import { first, optionalNumber, readNumber } from './read.ts'

interface Range {
  min: number
  max: number
}

/** Outside these limits an engine fails or never ends, so the profile is refused. */
const required: Record<string, Range> = {
  wall_loops: { min: 0, max: 100 },
  top_shell_layers: { min: 0, max: 1000 },
  bottom_shell_layers: { min: 0, max: 1000 },
  raft_layers: { min: 0, max: 100 },
  outer_wall_speed: { min: 1, max: 2000 },
  initial_layer_speed: { min: 1, max: 2000 },
  travel_speed: { min: 1, max: 2000 },
}

/** Settings that only shape the print: a number outside is replaced by the nearest limit. */
const shaping: Record<string, Range> = {
  sparse_infill_density: { min: 0, max: 100 },
  skirt_loops: { min: 0, max: 100 },
  skirt_distance: { min: 0, max: 100 },
  brim_width: { min: 0, max: 100 },
  retraction_length: { min: 0, max: 100 },
  z_hop: { min: 0, max: 10 },
  filament_flow_ratio: { min: 0.1, max: 5 },
}

/** Errors: profile_invalid. */
export function boundSettings(settings: Settings): { settings: Settings; warnings: string[] } {
  for (const [name, range] of Object.entries(required)) optionalNumber(settings, name, range)
  const bounded: Settings = { ...settings }
  const warnings: string[] = []
  for (const [name, { min, max }] of Object.entries(shaping)) {
    const value = first(settings, name)
    if (value === undefined) continue
    const number = readNumber(value)
    const written = String(value).trim().slice(0, 40)
    if (number === null) {
      delete bounded[name]
      warnings.push(`${name} is "${written}", which is not a number: the setting is ignored.`)
    } else if (number < min || number > max) {
      const used = Math.min(max, Math.max(min, number))
      const text = `${used}${written.endsWith('%') ? '%' : ''}`
      bounded[name] = Array.isArray(settings[name]) ? [text] : text
      warnings.push(`${name} is ${written}, but must be ${min} to ${max}: ${text} is used.`)
    }
  }
  return { settings: bounded, warnings }
}
