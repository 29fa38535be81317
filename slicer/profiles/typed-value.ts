/** Converts a setting to its type, for Orca's G-code language: layer_height "0.2" becomes a number, a switch's "1" true. */
import type { Setting, Settings } from '../../schema/http/profiles.ts'
import type { Kinds, Scalar, Value, Vector } from '../placeholders/value.ts'
import { type Option, type OptionKind, optionOf } from './option-types.ts'
import { measureOf } from './percentages.ts'
import { readPoint } from './point.ts'

/** Returns undefined when the profile does not have the setting and Orca has no default for it. */
export function typedValue(settings: Settings, name: string): Value | undefined {
  const option = optionOf(name)
  const isWritten = Object.hasOwn(settings, name) && settings[name] !== null
  if (!option) return isWritten ? guessed(settings[name] as Setting) : undefined
  const raw = isWritten ? (settings[name] as Setting) : (option.default as Setting | undefined)
  // A filament's overrides are nil by default; other settings without a default get their value in a print.
  if (raw === undefined) return option.isNullable ? ({ type: option.kind, values: [null] } as Vector) : undefined
  return typed(settings, name, option, raw)
}

function typed(settings: Settings, name: string, { kind, isVector }: Option, raw: Setting): Value {
  const read = (entry: Setting) => entryOf(settings, name, kind, entry)
  if (!isVector)
    return { type: kind, value: read(Array.isArray(raw) && kind !== 'point' ? (raw[0] ?? '') : raw) } as Scalar
  return { type: kind, values: entriesOf(kind, raw).map(read) } as Vector
}

/** A vector of numbers may be written as one text with commas. */
function entriesOf(kind: OptionKind, raw: Setting): Setting[] {
  if (Array.isArray(raw)) return raw
  return typeof raw === 'string' && kind !== 'string' ? raw.split(',') : [raw]
}

/** Returns null for "nil" and for a value that cannot be read. */
function entryOf(settings: Settings, name: string, kind: OptionKind, entry: Setting): Kinds[OptionKind] | null {
  if (entry === null || entry === 'nil') return null
  switch (kind) {
    case 'int':
      return whole(entry)
    case 'float':
    case 'percent':
      return numeric(entry)
    case 'bool':
      return entry === true || /^\s*(1|true)\s*$/i.test(textOf(entry))
    case 'point':
      return readPoint(entry)
    case 'float_or_percent': {
      const text = textOf(entry)
      return { number: measureOf(settings, name, text), text }
    }
    default:
      return textOf(entry)
  }
}

/** A vendor's own setting has no definition, so its type is guessed from its values. */
function guessed(raw: Setting): Value {
  const entries = Array.isArray(raw) ? raw : [raw]
  const texts = entries.map(textOf).filter(text => text !== 'nil' && text !== '')
  const kind = entries.every(entry => typeof entry === 'boolean') && entries.length > 0 ? 'bool' : kindOf(texts)
  const read = (entry: Setting) => entryOf({}, '', kind, entry)
  if (Array.isArray(raw)) return { type: kind, values: raw.map(read) } as Vector
  return { type: kind, value: read(raw) } as Scalar
}

function kindOf(texts: string[]): OptionKind {
  if (texts.length === 0) return 'string'
  if (texts.every(text => /^\s*[-+]?\d{1,9}\s*$/.test(text))) return 'int'
  if (texts.every(text => numeric(text) !== null && !text.includes('%'))) return 'float'
  return texts.every(text => /^\s*[-+]?[\d.]+\s*%\s*$/.test(text)) ? 'percent' : 'string'
}

function numeric(entry: Setting): number | null {
  const text = textOf(entry).trim().replace(/%$/, '')
  const number = text === '' ? Number.NaN : Number(text)
  return Number.isFinite(number) ? number : null
}

function whole(entry: Setting): number | null {
  const number = numeric(entry)
  return number === null ? null : Math.trunc(number)
}

function textOf(entry: Setting): string {
  return typeof entry === 'object' && entry !== null ? JSON.stringify(entry) : String(entry ?? '')
}
