/** Chooses the presets of a bundle that make the profile. */
import { AppError } from '../../schema/http/errors.ts'
import { type PresetKind, presetOf, presetsFor } from '../profiles/catalogue.ts'
import { shorten } from './file.ts'
import { parentIn } from './inherit.ts'
import { type Preset, presetKinds } from './preset.ts'

/** The form's fields that name a preset of each kind. */
export const fieldNames = { machine: 'printer', process: 'process', filament: 'filament' } as const

export type Wanted = Partial<Record<PresetKind, string | null>>

const mostNames = 12

/** Without a machine's own G-code there is no printer, and the catalogue has none. */
const fromCatalogue = ['process', 'filament'] as const

const exportWhole =
  'OrcaSlicer exports only presets that you have changed: for all three at once choose them, save the project and send the .3mf.'

const nameOf = ({ name }: Preset) => name

/**
 * Returns one preset of each kind: the named one, otherwise the only one from which no other inherits. Never guesses among
 * several. A process or filament that is not in the files may be one of OrcaSlicer's own, by name. `source` names the files in
 * messages. Errors: profile_invalid.
 */
export function choosePresets(presets: Preset[], wanted: Wanted, source: string): Record<PresetKind, Preset> {
  const machines = presets.filter(({ kind }) => kind === 'machine')
  const machine = machines.length === 0 ? undefined : choose(presets, 'machine', wanted.machine, source)
  const all = machine ? [...presets, ...catalogued(presets, wanted, machine)] : presets
  const missing = presetKinds.filter(kind => !all.some(preset => preset.kind === kind))
  if (missing.length > 0) throw incomplete(missing, machine, source)
  const chosen = presetKinds.map(kind => [kind, choose(all, kind, wanted[kind], source)])
  return Object.fromEntries(chosen)
}

/** OrcaSlicer's own presets that the form names and the files lack. Each becomes a preset that only inherits. */
function catalogued(presets: Preset[], wanted: Wanted, { settings: machine }: Preset): Preset[] {
  return fromCatalogue.flatMap(kind => {
    const name = wanted[kind]
    const isThere = presets.some(preset => preset.kind === kind && preset.name === name)
    if (name == null || isThere) return []
    if (presetOf(kind, name)) return [{ kind, name, settings: { name, inherits: name } }]
    if (presets.some(preset => preset.kind === kind)) return []
    const others = list(presetsFor(kind, machine))
    const remedy = others === '' ? exportWhole : `For this printer there are: ${others}.`
    throw new AppError(
      'profile_invalid',
      `${fieldNames[kind]}: "${shorten(name)}" is neither in the files nor one of OrcaSlicer's presets. ${remedy}`,
    )
  })
}

function choose(presets: Preset[], kind: PresetKind, wanted: string | null | undefined, source: string): Preset {
  const ofKind = presets.filter(preset => preset.kind === kind)
  const field = fieldNames[kind]
  if (wanted != null) {
    const named = ofKind.filter(({ name }) => name === wanted)
    if (named.length === 1) return named[0]!
    const why = named.length === 0 ? `no ${kind} preset "${shorten(wanted)}"` : `several of that name`
    throw new AppError('profile_invalid', `${field}: ${source} has ${why}. The names are: ${list(ofKind.map(nameOf))}.`)
  }
  const parents = new Set(ofKind.map(preset => parentIn(ofKind, preset)))
  const leaves = ofKind.filter(preset => !parents.has(preset))
  const [first] = leaves
  if (first && leaves.length === 1) return first
  throw new AppError(
    'profile_invalid',
    `${source} has ${ofKind.length} ${kind} presets. Name one in the form field "${field}": ${list((leaves.length > 0 ? leaves : ofKind).map(nameOf))}.`,
  )
}

function incomplete(missing: PresetKind[], machine: Preset | undefined, source: string): AppError {
  const there = presetKinds.filter(kind => !missing.includes(kind))
  const has = there.length === 0 ? 'no preset' : `a ${there.join(' and a ')} preset`
  const wanted = missing.map(kind => `the ${kind}'s`).join(' and ')
  return new AppError('profile_invalid', `${source} has ${has}. Add ${wanted}. ${remedyFor(missing, machine)}`)
}

function remedyFor(missing: PresetKind[], machine: Preset | undefined): string {
  if (missing.length === presetKinds.length) {
    return 'Send presets as OrcaSlicer exports them: .json, .zip, .orca_printer, .orca_filament.'
  }
  const fields = fromCatalogue
    .filter(kind => missing.includes(kind))
    .map(kind => [fieldNames[kind], machine ? list(presetsFor(kind, machine.settings)) : ''] as const)
  const named = fields.filter(([, names]) => names !== '')
  if (named.length === 0) return exportWhole
  const choices = named.map(([field, names]) => `"${field}": ${names}`).join('; ')
  return `Or name one of OrcaSlicer's own in the form field ${choices}. ${named.length < missing.length ? exportWhole : ''}`.trim()
}

function list(names: string[]): string {
  const shown = names.slice(0, mostNames).map(name => `"${shorten(name)}"`)
  const rest = names.length - shown.length
  return `${shown.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
}
