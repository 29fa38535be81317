/** OrcaSlicer's own presets, from the three-slicer package. They have no G-code and lack some settings. */
import { filamentPresets, printerSettings, processPresets } from 'three-slicer/settings'
import type { Settings } from '../../schema/http/profiles.ts'

export type PresetKind = 'machine' | 'process' | 'filament'

const [processes, filaments] = await Promise.all([processPresets(), filamentPresets()])

/** The preset of exactly this name, or undefined. A preset of a similar name may have other temperatures. */
export function presetOf(kind: PresetKind, name: string): Settings | undefined {
  const preset = {
    machine: () => printerSettings(name),
    process: () => processes.settingsFor(name),
    filament: () => filaments.settingsFor(name),
  }[kind]()
  return (preset as Settings | null) ?? undefined
}

/** Names of presets for a printer, its usual ones first; all of them can be found by `presetOf`. */
export function presetsFor(kind: 'process' | 'filament', machine: Settings): string[] {
  const usual = [machine[kind === 'process' ? 'default_print_profile' : 'default_filament_profile']].flat()
  const printers = [machine.name, machine.inherits].filter(name => typeof name === 'string' && name !== '') as string[]
  const listed = printers.flatMap(printer =>
    kind === 'process' ? processes.listFor(printer) : filaments.listFor(printer).map(({ name }) => name),
  )
  const names = [...usual, ...listed].filter(name => typeof name === 'string')
  return [...new Set(names)].filter(name => presetOf(kind, name) !== undefined)
}
