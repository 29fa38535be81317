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
