/** Merges Orca's three maps of settings into one, in one spelling. */
import type { ProfileContents, Setting, Settings } from '../../schema/http/profiles.ts'
import { isSet } from './read.ts'
import { unifySpelling } from './spelling.ts'

/** Settings of the extruder that a filament may override: filament_z_hop replaces z_hop. */
export const overridable: readonly string[] = [
  ...['retraction_length', 'z_hop', 'z_hop_types', 'retract_lift_above', 'retract_lift_below', 'retract_lift_enforce'],
  ...['retraction_speed', 'deretraction_speed', 'retract_restart_extra', 'retraction_minimum_travel'],
  ...['retract_when_changing_layer', 'wipe', 'wipe_distance', 'retract_before_wipe'],
  ...['long_retractions_when_cut', 'retraction_distances_when_cut'],
]

/** Some exports write null for a setting that is not set. A filament's "nil" keeps the machine's value. */
export function mergeParts({ machine_settings, process_settings, filament }: ProfileContents): Settings {
  const merged: Settings = {}
  for (const part of [machine_settings, filament, process_settings]) {
    for (const [name, setting] of Object.entries(unifySpelling(part))) if (setting !== null) merged[name] = setting
  }
  for (const name of overridable) {
    const own = merged[`filament_${name}`]
    if (own !== undefined && isOverride(own)) merged[name] = own
  }
  return merged
}

function isOverride(setting: Setting): boolean {
  return isSet(Array.isArray(setting) ? setting[0] : setting)
}
