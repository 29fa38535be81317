/** Converts "50%" to a setting's own unit: percentages refer to another setting, which may be a percentage itself. */
import type { Setting, Settings } from '../../schema/http/profiles.ts'
import { optionOf } from './option-types.ts'
import { first } from './read.ts'

/** Settings that take percentages in PrusaSlicer only; converted profiles have them. */
const prusaRatios: Record<string, string> = {
  outer_wall_speed: 'inner_wall_speed',
  initial_layer_print_height: 'layer_height',
  initial_layer_speed: 'outer_wall_speed',
  initial_layer_infill_speed: 'sparse_infill_speed',
  internal_solid_infill_speed: 'sparse_infill_speed',
  top_surface_speed: 'internal_solid_infill_speed',
  support_interface_speed: 'support_speed',
  support_object_xy_distance: 'outer_wall_line_width',
  bridge_speed: 'outer_wall_speed',
}

/** For a width of 0 the engine chooses: Orca takes 1.125 nozzle diameters, and 1 for these. */
const narrowWidths = new Set(['support_line_width', 'top_surface_line_width'])
const automaticWidth = 1.125
const maxDepth = 8

/** A number, or a percentage of another setting, in the setting's own unit; null when it cannot be computed. */
export function absoluteOf(settings: Settings, name: string, text: string, depth = 0): number | null {
  const number = Number(text.trim().replace(/%$/, ''))
  if (text.trim() === '' || !Number.isFinite(number)) return null
  if (!text.trim().endsWith('%')) return number
  const base = baseOf(name)
  const whole = base === null || depth > maxDepth ? null : numberOf(settings, base, depth + 1)
  return whole === null ? null : Number(((whole * number) / 100).toFixed(6))
}

/** A setting's number for the first extruder, or Orca's default. */
function numberOf(settings: Settings, name: string, depth = 0): number | null {
  const fallback = optionOf(name)?.default
  const value = first(settings, name) ?? (Array.isArray(fallback) ? fallback[0] : fallback)
  const number = absoluteOf(settings, name, String(value ?? ''), depth)
  return number === 0 && name.endsWith('line_width') ? automatic(settings, name, depth) : number
}

function automatic(settings: Settings, name: string, depth: number): number | null {
  if (name !== 'line_width' && depth <= maxDepth && first(settings, 'line_width') !== undefined) {
    const general = absoluteOf(settings, 'line_width', String(first(settings, 'line_width')), depth + 1)
    if (general !== 0) return general
  }
  const nozzle = numberOf(settings, 'nozzle_diameter', depth + 1)
  return nozzle === null ? null : nozzle * (narrowWidths.has(name) ? 1 : automaticWidth)
}

/** Like `absoluteOf`, but replaces a line width of 0 by the width that the engine chooses. */
export function measureOf(settings: Settings, name: string, text: string): number | null {
  const number = absoluteOf(settings, name, text)
  return number === 0 && name.endsWith('line_width') ? automatic(settings, name, 0) : number
}

export function baseOf(name: string): string | null {
  return optionOf(name)?.ratioOver ?? (Object.hasOwn(prusaRatios, name) ? (prusaRatios[name] as string) : null)
}

/**
 * Replaces percentages of other settings by numbers. A percentage in a setting that takes none is removed, so that 50% is never
 * read as 50. Warns where OrcaSlicer itself would have read the setting differently.
 */
export function resolvePercentages(settings: Settings): { settings: Settings; warnings: string[] } {
  const resolved: Settings = { ...settings }
  const warnings: string[] = []
  for (const [name, setting] of Object.entries(settings)) {
    const option = optionOf(name)
    if (!option || !/^(int|float|float_or_percent)$/.test(option.kind) || !holdsPercent(setting)) continue
    if (option.isInPercent) {
      resolved[name] = eachText(setting, text => text.replace('%', '').trim())
      continue
    }
    const own = first(settings, name)
    const isPercent = typeof own === 'string' && own.trim().endsWith('%')
    const number = isPercent ? absoluteOf(settings, name, own) : null
    if (isPercent && number === null) {
      if (option.kind === 'float_or_percent' && option.ratioOver === null) continue
      delete resolved[name]
      warnings.push(`${name} is "${own.slice(0, 40)}", but the setting takes no percentage: it is ignored.`)
      continue
    }
    resolved[name] = eachText(setting, text => String(absoluteOf(settings, name, text) ?? text.replace('%', '')))
    if (isPercent && option.kind !== 'float_or_percent') {
      warnings.push(`${name} is "${own.slice(0, 40)}": read as ${number}, that part of ${baseOf(name)}.`)
    }
  }
  return { settings: resolved, warnings }
}

function holdsPercent(setting: Setting): boolean {
  return [setting].flat().some(entry => typeof entry === 'string' && entry.trim().endsWith('%'))
}

function eachText(setting: Setting, change: (text: string) => string): Setting {
  const one = (entry: Setting) => (typeof entry === 'string' && entry.trim().endsWith('%') ? change(entry) : entry)
  return Array.isArray(setting) ? setting.map(one) : one(setting)
}
