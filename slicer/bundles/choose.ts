/** Chooses the presets of a bundle that make the profile. */
import { AppError } from '../../schema/http/errors.ts'
import type { PresetKind } from '../profiles/catalogue.ts'
import { shorten } from './file.ts'
import { parentIn } from './inherit.ts'
import { type Preset, presetKinds } from './preset.ts'

/** The form's fields that name a preset of each kind. */
export const fieldNames = { machine: 'printer', process: 'process', filament: 'filament' } as const

export type Wanted = Partial<Record<PresetKind, string | null>>

const mostNames = 12

/**
 * Returns one preset of each kind: the named one, otherwise the only one from which no other inherits. Never guesses among
 * several. `source` names the files in messages. Errors: profile_invalid.
 */
export function choosePresets(presets: Preset[], wanted: Wanted, source: string): Record<PresetKind, Preset> {
  const missing = presetKinds.filter(kind => !presets.some(preset => preset.kind === kind))
  if (missing.length > 0) throw incomplete(missing, source)
  const chosen = presetKinds.map(kind => [kind, choose(presets, kind, wanted[kind] ?? undefined, source)])
  return Object.fromEntries(chosen)
}

function choose(presets: Preset[], kind: PresetKind, wanted: string | undefined, source: string): Preset {
  const ofKind = presets.filter(preset => preset.kind === kind)
  const field = fieldNames[kind]
  if (wanted !== undefined) {
    const named = ofKind.filter(({ name }) => name === wanted)
    if (named.length === 1) return named[0]!
    const why = named.length === 0 ? `no ${kind} preset "${shorten(wanted)}"` : `several of that name`
    throw new AppError('profile_invalid', `${field}: ${source} has ${why}. The names are: ${list(ofKind)}.`)
  }
  const parents = new Set(ofKind.map(preset => parentIn(ofKind, preset)))
  const leaves = ofKind.filter(preset => !parents.has(preset))
  const [first] = leaves
  if (first && leaves.length === 1) return first
  throw new AppError(
    'profile_invalid',
    `${source} has ${ofKind.length} ${kind} presets. Name one in the form field "${field}": ${list(leaves.length > 0 ? leaves : ofKind)}.`,
  )
}

function incomplete(missing: PresetKind[], source: string): AppError {
  const there = presetKinds.filter(kind => !missing.includes(kind))
  const has = there.length === 0 ? 'no preset' : `a ${there.join(' and a ')} preset`
  const remedy =
    there.length === 0
      ? 'Send presets as OrcaSlicer exports them: .json, .zip, .orca_printer, .orca_filament.'
      : 'OrcaSlicer exports only presets that you have changed: for all three at once choose them, save the project and send the .3mf.'
  const wanted = missing.map(kind => `the ${kind}'s`).join(' and ')
  return new AppError('profile_invalid', `${source} has ${has}. Add ${wanted}. ${remedy}`)
}

function list(presets: Preset[]): string {
  const shown = presets.slice(0, mostNames).map(({ name }) => `"${shorten(name)}"`)
  const rest = presets.length - shown.length
  return `${shown.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
}
