/** Resolves parents within one bundle. */
import type { Settings } from '../../schema/http/profiles.ts'
import { invalidFile } from './file.ts'
import type { Preset } from './preset.ts'

/**
 * The preset's settings over those of its parents in the bundle. A parent outside the bundle stays in `inherits`: it is looked up
 * in the catalogue when the profile is read. Errors: profile_invalid, for presets that inherit in a circle.
 */
export function resolveWithin(presets: Preset[], preset: Preset): Settings {
  const visited = new Set([preset])
  let settings = preset.settings
  for (let parent = parentIn(presets, preset); parent; parent = parentIn(presets, parent)) {
    if (visited.has(parent)) {
      throw invalidFile(`The ${preset.kind} preset "${preset.name}"`, 'inherits from itself through other presets.')
    }
    visited.add(parent)
    settings = { ...parent.settings, ...settings, inherits: parent.settings.inherits ?? '' }
  }
  return settings
}

export function parentIn(presets: Preset[], { kind, name: own, settings }: Preset): Preset | undefined {
  const inherits = Object.hasOwn(settings, 'inherits') ? settings.inherits : undefined
  if (typeof inherits !== 'string') return undefined
  // Bundles that were made on one machine for others put an id before the name: "_local/ID/NAME".
  const parentName = inherits.trim().replace(/^.*\//, '')
  if (parentName === own) return undefined
  return presets.find(({ kind: other, name }) => other === kind && name === parentName)
}
