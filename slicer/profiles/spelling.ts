/**
 * Converts the spellings of forks, older versions and hand-written profiles to OrcaSlicer's own, for settings that it knows: an array
 * of texts for each vector, and "nil" for a setting without a value.
 */
import type { Setting, Settings } from '../../schema/http/profiles.ts'
import { type Option, type OptionKind, optionOf } from './option-types.ts'
import { first, readNumber } from './read.ts'

/** "NIL", "15 %", lists as one text ("0.4,0.6"), lists in lists, and G-code as a list of lines become what Orca writes. */
export function unifySpelling(settings: Settings): Settings {
  return Object.fromEntries(
    Object.entries(settings).map(([name, setting]) => {
      const option = optionOf(name)
      return [name, option ? unified(name, setting, option) : setting]
    }),
  )
}

function unified(name: string, setting: Setting, { kind, isVector }: Option): Setting {
  const tidy = (entry: Setting) => tidied(kind, entry)
  // A point may be a list of two, and G-code of one extruder must not become that of several.
  if (kind === 'point') return setting
  if (!isVector) {
    const isText = Array.isArray(setting) && setting.length > 1 && name.endsWith('_gcode')
    return isText ? setting.map(String).join('\n') : tidy(setting)
  }
  const isList = typeof setting === 'string' && isNumeric(kind) && /[,;]/.test(setting)
  const entries = isList ? setting.split(/[,;]/) : leaves(setting)
  return Array.isArray(setting) || isList ? entries.map(tidy) : tidy(setting)
}

function leaves(setting: Setting): Setting[] {
  return Array.isArray(setting) ? setting.flatMap(leaves) : [setting]
}

function tidied(kind: OptionKind, entry: Setting): Setting {
  if (typeof entry !== 'string') return entry
  const text = entry.trim()
  if (text.toLowerCase() === 'nil') return 'nil'
  return isNumeric(kind) ? text.replace(/\s+%$/, '%') : entry
}

/**
 * Leaves out settings that should be numbers but are not ("0,2", "60 mm/s"), of which an engine would read a part. Call it after the
 * required numbers were read, which refuse such a value.
 */
export function ignoreUnreadable(settings: Settings): { settings: Settings; warnings: string[] } {
  const kept: Settings = {}
  const warnings: string[] = []
  for (const [name, setting] of Object.entries(settings)) {
    const kind = optionOf(name)?.kind
    const value = isNumeric(kind) ? first(settings, name) : undefined
    const isTruth = kind === 'bool' && /^\s*(true|false)\s*$/i.test(String(value))
    if (value === undefined || readNumber(value) !== null || isTruth) {
      kept[name] = setting
    } else {
      warnings.push(`${name} is "${String(value).slice(0, 40)}", which is no number: the setting is ignored.`)
    }
  }
  return { settings: kept, warnings }
}

function isNumeric(kind: OptionKind | undefined): boolean {
  return kind !== undefined && ['int', 'float', 'percent', 'bool', 'float_or_percent'].includes(kind)
}
