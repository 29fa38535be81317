import { expand, type Lookup, PlaceholderError, parseTemplate, type Value } from '../../slicer/placeholders/index.ts'
import { lookup as settingsOf } from '../../slicer/profiles/lookup.ts'
import { readProfile } from '../../slicer/profiles/profile.ts'
import type { Machine } from '../../test/make/slicer/machines.ts'

/** What Orca lets a template set; no setting of the caller's. */
const outputs = ['position', 'e_retracted', 'e_restart_extra', 'e_position', 'zhop']

export interface Difference {
  field: string
  /** Lines, from the first that differs. */
  expected: string
  actual: string
}

/**
 * Prints the G-code of a machine with its context, and answers where that is not what another evaluator printed. What a
 * context leaves out is what all the others say (`shared`), else the profile's own setting.
 */
export function differencesOf(machine: Machine, shared: ReadonlyMap<string, Value>): Difference[] {
  const own = (name: string) => (Object.hasOwn(machine.context, name) ? machine.context[name] : undefined)
  const setting = settingsIn(machine)
  return Object.entries(machine.expanded).flatMap(([field, expected]) => {
    const actual = print(machine, field, name =>
      outputs.includes(name) ? undefined : (own(name) ?? shared.get(name) ?? setting(name)),
    )
    return actual === expected ? [] : [differenceOf(field, expected, actual)]
  })
}

/** A profile that cannot be read still has templates that name no setting of it. */
function settingsIn({ profile }: Machine): Lookup {
  try {
    return settingsOf(readProfile(profile), {})
  } catch {
    return () => undefined
  }
}

/** Values that are the same in all contexts that have them. */
export function sharedValues(machines: readonly Machine[]): Map<string, Value> {
  const values = new Map<string, Value>()
  const differing = new Set<string>()
  for (const { context } of machines) {
    for (const [name, value] of Object.entries(context)) {
      const first = values.get(name)
      if (first && JSON.stringify(first) !== JSON.stringify(value)) differing.add(name)
      values.set(name, value)
    }
  }
  for (const name of differing) values.delete(name)
  return values
}

function print({ profile, context }: Machine, field: string, lookup: Lookup): string {
  const setting = profile.machine_settings[field]
  const source = Array.isArray(setting) ? setting.join('\n') : String(setting ?? '')
  try {
    return expand(parseTemplate(source, field), {
      lookup,
      extruder: 0,
      // The file's random numbers are the middle of their bounds.
      random: () => 0.5,
      outputs: new Map(Object.entries(context).filter(([name]) => outputs.includes(name))),
    })
  } catch (error) {
    if (error instanceof PlaceholderError) return error.message
    throw error
  }
}

function differenceOf(field: string, expected: string, actual: string): Difference {
  const [left, right] = [expected.split('\n'), actual.split('\n')]
  const at = left.findIndex((line, i) => line !== right[i])
  const from = at === -1 ? left.length : at
  return { field, expected: left.slice(from, from + 3).join('\n'), actual: right.slice(from, from + 3).join('\n') }
}
