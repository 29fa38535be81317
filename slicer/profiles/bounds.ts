/** Numbers that an engine can work with: a few would keep it busy for ever, others only look wrong. */
import type { Settings } from '../../schema/http/profiles.ts'
import { first, optionalNumber, readNumber } from './read.ts'

interface Range {
  min: number
  max: number
}

/** Out of these bounds an engine stops, or works for ever: refused. */
const required: Record<string, Range> = {
  wall_loops: { min: 0, max: 100 },
  top_shell_layers: { min: 0, max: 1000 },
  bottom_shell_layers: { min: 0, max: 1000 },
  raft_layers: { min: 0, max: 100 },
  outer_wall_speed: { min: 1, max: 2000 },
  initial_layer_speed: { min: 1, max: 2000 },
  travel_speed: { min: 1, max: 2000 },
}

/** Shapes the print only: the nearest bound is used instead. */
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
      warnings.push(`${name} is "${written}", which is no number: the setting is ignored.`)
    } else if (number < min || number > max) {
      const used = Math.min(max, Math.max(min, number))
      const text = `${used}${written.endsWith('%') ? '%' : ''}`
      bounded[name] = Array.isArray(settings[name]) ? [text] : text
      warnings.push(`${name} is ${written}: ${text} is used, since it must be ${min} to ${max}.`)
    }
  }
  return { settings: bounded, warnings }
}
