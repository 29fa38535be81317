/** Fills in the placeholders of a profile's G-code fields. */
import { AppError } from '../../schema/http/errors.ts'
import {
  expand,
  type Lookup,
  limits,
  PlaceholderError,
  parseTemplate,
  type Template,
  type Value,
} from '../placeholders/index.ts'
import { lookup } from '../profiles/lookup.ts'
import type { PrintProfile } from '../profiles/profile.ts'
import { first } from '../profiles/read.ts'

type Values = Readonly<Record<string, Value>>

/**
 * Returns the G-code of a field of the profile with these run-time values; undefined when the profile does not have the field.
 * Errors: profile_invalid, with field, line and a caret.
 */
export type Expand = (field: string, values: Values) => string | undefined

export interface Expander {
  expand: Expand
  /** Filament in mm that the fields have pulled back, as they declare by e_retracted and e_restart_extra. */
  pulledBackMm: () => number
}

/** The budget of a print, in expansions: it has thousands of layers, each with a few steps. */
const expansionsPerPrint = 10
/** Values by which a field declares the state that it leaves. */
const outputNames = ['position', 'zhop', 'e_position', 'e_retracted', 'e_restart_extra']

/** For one print: all fields share the `global` variables and the budget of steps. */
export function fieldExpander(profile: PrintProfile, { random }: { random: () => number }): Expander {
  const templates = new Map<string, Template | undefined>()
  const globals = new Map<string, Value>()
  const outputs = new Map<string, Value>()
  const budget = { steps: limits.steps * expansionsPerPrint }

  function templateOf(field: string): Template | undefined {
    if (!templates.has(field)) {
      const text = String(first(profile.written, field) ?? '')
      templates.set(field, text.trim() === '' ? undefined : parseTemplate(text, field))
    }
    return templates.get(field)
  }

  function lookupIn(values: Values): Lookup {
    const { position } = values
    for (const name of outputNames) {
      const value = values[name]
      if (value && !outputs.has(name)) outputs.set(name, value)
    }
    // Each layer begins where the previous one has ended.
    if (position) outputs.set('position', position)
    const find = lookup(profile, values)
    return name => (outputs.has(name) ? undefined : find(name))
  }

  return {
    expand: (field, values) => {
      try {
        const template = templateOf(field)
        if (!template) return undefined
        return expand(template, { lookup: lookupIn(values), extruder: 0, random, globals, outputs, budget })
      } catch (error) {
        if (!(error instanceof PlaceholderError)) throw error
        throw new AppError('profile_invalid', error.message, { cause: error })
      }
    },
    pulledBackMm: () => firstOf(outputs.get('e_retracted')) + firstOf(outputs.get('e_restart_extra')),
  }
}

function firstOf(value: Value | undefined): number {
  const number = Number(value && 'values' in value ? value.values[0] : value?.value)
  return Number.isFinite(number) ? number : 0
}
