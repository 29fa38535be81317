/**
 * A print profile, parsed from Orca's three maps of settings: the values that engines, the G-code check and the printer's file
 * list need, with Orca's own defaults for settings that are not set.
 */
import { AppError } from '../../schema/http/errors.ts'
import type { Overrides } from '../../schema/http/overrides.ts'
import { profileContents, type Settings } from '../../schema/http/profiles.ts'
import { type Bed, readBed } from './bed.ts'
import { boundSettings } from './bounds.ts'
import { resolveInherits } from './inherits.ts'
import { mergeParts } from './merge.ts'
import { overrideSettings } from './overrides.ts'
import { resolvePercentages } from './percentages.ts'
import { first, optionalNumber, readNumber, text } from './read.ts'
import { ignoreUnreadable } from './spelling.ts'
import { readTemperatures, type Temperatures } from './temperatures.ts'

export interface PrintProfile {
  /** All settings in one map, under Orca's names: percentages resolved, numbers within their bounds. For engines. */
  settings: Settings
  /** The settings as the profile has them, which its own G-code refers to. */
  written: Settings
  /** Sentences for the owner: settings that are changed or ignored with every engine. */
  warnings: string[]
  bed: Bed
  nozzleDiameterMm: number
  layerHeightMm: number
  firstLayerHeightMm: number
  temperatures: Temperatures
  /** `colour` is #RRGGBB, or null when the profile has none. */
  filament: { type: string; name: string; colour: string | null; diameterMm: number; densityGCm3: number }
}

/** The upper limit includes pellet extruders. */
const nozzleRange = { min: 0.1, max: 10 }
const layerRange = { min: 0.02, max: 10 }

const densities: Record<string, number> = { PLA: 1.24, PETG: 1.27, ABS: 1.04, ASA: 1.07, TPU: 1.21, PA: 1.14, PC: 1.2 }

/**
 * Reads a profile. Overrides replace its settings before anything else, so that its own G-code sees them, too.
 * Errors: profile_invalid, which names the missing or impossible setting or preset.
 */
export function readProfile(contents: unknown, overrides: Overrides = {}): PrintProfile {
  const parsed = profileContents.safeParse(contents)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new AppError('profile_invalid', `The profile cannot be read: ${issue?.path.join('.')}: ${issue?.message}.`)
  }
  const whole = resolveInherits(parsed.data)
  const written = { ...mergeParts(whole.contents), ...overrideSettings(overrides) }
  const absolute = resolvePercentages(written)
  const bounded = boundSettings(absolute.settings)
  const settings = withFirstLayer(bounded.settings)

  const nozzleDiameterMm = optionalNumber(settings, 'nozzle_diameter', nozzleRange) ?? 0.4
  const layerHeightMm = optionalNumber(settings, 'layer_height', layerRange) ?? 0.2
  const firstLayerHeightMm = optionalNumber(settings, 'initial_layer_print_height', layerRange) ?? 0.2
  if (Math.max(layerHeightMm, firstLayerHeightMm) > nozzleDiameterMm) {
    throw new AppError('profile_invalid', `A layer cannot be higher than the nozzle is wide (${nozzleDiameterMm} mm).`)
  }
  const temperatures = readTemperatures(settings)
  const values = {
    written,
    bed: readBed(settings),
    nozzleDiameterMm,
    layerHeightMm,
    firstLayerHeightMm,
    temperatures,
    filament: readFilament(settings),
  }
  const readable = ignoreUnreadable(settings)
  return {
    ...values,
    settings: readable.settings,
    warnings: [
      ...whole.warnings,
      ...absolute.warnings,
      ...bounded.warnings,
      ...readable.warnings,
      ...(first(settings, 'nozzle_temperature') === undefined
        ? [`The filament names no nozzle_temperature: ${temperatures.nozzle} degrees are used.`]
        : []),
    ],
  }
}

/** As in Orca, a first layer of 0 is one like the others. */
function withFirstLayer(settings: Settings): Settings {
  const value = first(settings, 'initial_layer_print_height')
  if (value === undefined || readNumber(value) !== 0) return settings
  return { ...settings, initial_layer_print_height: settings.layer_height ?? null }
}

function readFilament(settings: Settings): PrintProfile['filament'] {
  const type = text(settings, 'filament_type', 'PLA').slice(0, 40)
  const density = optionalNumber(settings, 'filament_density', { min: 0, max: 30 })
  return {
    type,
    name: text(settings, 'filament_settings_id', '').slice(0, 100),
    colour: readColour(text(settings, 'filament_colour', text(settings, 'default_filament_colour', ''))),
    diameterMm: optionalNumber(settings, 'filament_diameter', { min: 0.5, max: 5 }) ?? 1.75,
    densityGCm3: density || (densities[type] ?? 1.24),
  }
}

/** Orca may append the opacity as two more digits. An unreadable colour is null: it is only for display. */
function readColour(value: string): string | null {
  const [, colour] = /^(#[0-9a-f]{6})(?:[0-9a-f]{2})?$/i.exec(value.trim()) ?? []
  return colour?.toUpperCase() ?? null
}
