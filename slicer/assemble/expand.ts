/** Fills in the placeholders of a profile's G-code fields. */
import { AppError } from '../../schema/http/errors.ts'
import { expand, limits, PlaceholderError, parseTemplate, type Template, type Value } from '../placeholders/index.ts'
import { lookup } from '../profiles/lookup.ts'
import type { PrintProfile } from '../profiles/profile.ts'
import { first } from '../profiles/read.ts'

/**
 * The G-code of a field of the profile, with these run-time values; undefined where the profile has none.
 * Errors: profile_invalid, with field, line and a caret.
 */
export type Expand = (field: string, values: Readonly<Record<string, Value>>) => string | undefined

/** A print has thousands of layers, each with a few steps. */
const templatesAtMost = 10

/** For one print: `global` variables live from field to field, and all layers share what may be computed. */
export function fieldExpander(profile: PrintProfile, { random }: { random: () => number }): Expand {
  const templates = new Map<string, Template | undefined>()
  const globals = new Map<string, Value>()
  const budget = { steps: limits.steps * templatesAtMost }

  function templateOf(field: string): Template | undefined {
    if (!templates.has(field)) {
      const text = String(first(profile.written, field) ?? '')
      templates.set(field, text.trim() === '' ? undefined : parseTemplate(text, field))
    }
    return templates.get(field)
  }

  return (field, values) => {
    try {
      const template = templateOf(field)
      if (!template) return undefined
      return expand(template, { lookup: lookup(profile, values), extruder: 0, random, globals, budget })
    } catch (error) {
      if (!(error instanceof PlaceholderError)) throw error
      throw new AppError('profile_invalid', error.message, { cause: error })
    }
  }
}
