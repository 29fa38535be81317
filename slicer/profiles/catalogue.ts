/** OrcaSlicer's own presets, as the three-slicer package has them: values without any G-code, and not every setting. */
import { filamentPresets, printerSettings, processPresets } from 'three-slicer/settings'
import type { Settings } from '../../schema/http/profiles.ts'

export type PresetKind = 'machine' | 'process' | 'filament'

const [processes, filaments] = await Promise.all([processPresets(), filamentPresets()])

/** The preset of exactly this name, or undefined: another one of a similar name has other temperatures. */
export function presetOf(kind: PresetKind, name: string): Settings | undefined {
  const found = {
    machine: () => printerSettings(name),
    process: () => processes.settingsFor(name),
    filament: () => filaments.settingsFor(name),
  }[kind]()
  return (found as Settings | null) ?? undefined
}
