/** Reads single values of Orca's settings, where nearly every value is an array of strings. */
import { AppError } from '../../schema/http/errors.ts'
import type { Setting, Settings } from '../../schema/http/profiles.ts'

interface Range {
  min: number
  max: number
}

/**
 * A setting's value for the first extruder; undefined when it is not set (Orca writes "nil" where a filament keeps the
 * machine's value) and for objects, which no setting of Orca is.
 */
export function first(settings: Settings, name: string): string | number | boolean | undefined {
  const value = Object.hasOwn(settings, name) ? settings[name] : undefined
  const entry = Array.isArray(value) ? value[0] : value
  return isSet(entry) ? entry : undefined
}

/** Errors: profile_invalid, for a value that is not a number or not in the range. */
export function optionalNumber(settings: Settings, name: string, range: Range): number | undefined {
  const value = first(settings, name)
  if (value === undefined) return undefined
  const number = readNumber(value)
  if (number === null) {
    throw new AppError('profile_invalid', `${name} is "${String(value).slice(0, 40)}": it must be a number.`)
  }
  if (number < range.min || number > range.max) {
    // The message quotes the text: "120%", not 120.
    const written = String(value).trim()
    throw new AppError(
      'profile_invalid',
      `${name} is ${written.slice(0, 40)}: it must be ${range.min} to ${range.max}.`,
    )
  }
  return number
}

/** The number of a value or of a text such as "0.2" or "15%"; null for anything else. */
export function readNumber(value: string | number | boolean): number | null {
  const number = typeof value === 'string' ? Number(value.trim().replace(/%$/, '') || Number.NaN) : Number(value)
  return Number.isFinite(number) ? number : null
}

/** Errors: profile_invalid. */
export function requiredNumber(settings: Settings, name: string, range: Range): number {
  const number = optionalNumber(settings, name, range)
  if (number === undefined) throw new AppError('profile_invalid', `The profile does not set ${name}.`)
  return number
}

export function text(settings: Settings, name: string, fallback: string): string {
  return String(first(settings, name) ?? fallback)
}

/** False for "nil", null, an empty text and objects. */
export function isSet(entry: Setting | undefined): entry is string | number | boolean {
  return typeof entry === 'string'
    ? entry !== '' && entry !== 'nil'
    : typeof entry === 'number' || typeof entry === 'boolean'
}
