/** Orca's settings and our canonical model, as three-slicer's kernel wants them. */
import {
  deriveKernelParams,
  ignoredKernelSettings,
  normalizeProjectSettings,
  type SlicerSettings,
  schemaDefault,
  settingScalar,
} from 'three-slicer/settings'
import { eachCorner } from '../model/stl-layout.ts'
import type { ThreeRequest } from './protocol.ts'

/**
 * The kernel leaves the top layer out of a model whose height is an exact multiple of the layer height: it wants to see a
 * ten thousandth of a millimetre above it. So the model is stretched by a micrometre.
 */
const stretchMm = 0.001

/** Set by us from the profile, so neither passed on nor ignored. */
const ownSettings = new Set(['machine_start_gcode', 'machine_end_gcode', 'printable_area', 'printable_height'])
/** They shape nothing, or the slicer itself uses them. */
const namingSettings =
  /^(name|type|from|inherits|version|notes|setting_id|filament_id|instantiation|.*_settings_id|.*_notes|compatible_.*|default_.*_profile|upward_compatible_machine|printer_.*|print_host.*|host_type|thumbnails.*|gcode_flavor|.*_plate_temp(_initial_layer)?|curr_bed_type|nozzle_temperature_initial_layer|nozzle_temperature_range_.*|filament_(colour|vendor|is_support|soluble)|time_cost)$/

/**
 * Moves the model, in place, to where the kernel expects it: over the middle of the bed when half of the bed's size is
 * added to it, which is what the kernel does, thinking that every bed begins at 0.
 */
export function placeForKernel(stl: Buffer, { bed, model_height: height }: ThreeRequest): Buffer {
  const zScale = (height + stretchMm) / height
  eachCorner(stl, at => {
    stl.writeFloatLE(stl.readFloatLE(at) + bed.min_x, at)
    stl.writeFloatLE(stl.readFloatLE(at + 4) + bed.min_y, at + 4)
    stl.writeFloatLE(stl.readFloatLE(at + 8) * zScale, at + 8)
  })
  return stl
}

export interface KernelParams {
  params: Record<string, unknown>
  warnings: string[]
}

export function kernelParams({ settings: raw, bed }: ThreeRequest): KernelParams {
  const { settings, skipped } = normalizeProjectSettings(raw)
  const params: Record<string, unknown> = {
    ...deriveKernelParams(settings),
    // The model comes in place; the kernel's own alignment does not know of other origins.
    auto_center: false,
    bed_width: bed.width,
    bed_depth: bed.depth,
    bed_height: bed.height,
    printable_height: bed.height,
    // Written around the layers when they are there.
    machine_start_gcode: '',
    machine_end_gcode: '',
  }
  // Orca's default is arachne, several times slower here than classic: only for those who ask.
  if (!('wall_generator' in settings)) params.wall_generator = 'classic'
  // The kernel has outer brims only, and goes by the width alone.
  if (scalarOf(settings, 'brim_type') === 'no_brim') params.brim_width = 0
  return { params, warnings: [...ignored(settings, skipped), ...replaced(settings, params)] }
}

/** Settings that the kernel does not know, when they ask for something else than what happens anyway. */
function ignored(settings: SlicerSettings, skipped: string[]): string[] {
  const names = [...ignoredKernelSettings(settings), ...skipped].filter(name => {
    return (
      !ownSettings.has(name) &&
      !namingSettings.test(name) &&
      !isDefault(settings, name) &&
      !isFollowedBrim(settings, name)
    )
  })
  if (names.length === 0) return []
  const shown = names.slice(0, 5).join(', ')
  const rest = names.length > 5 ? ` and ${names.length - 5} more` : ''
  return [`The engine does not use these settings of the profile: ${shown}${rest}.`]
}

function isDefault(settings: SlicerSettings, name: string): boolean {
  const value = schemaDefault(name)
  return name in settings && settingScalar(settings, name) === (Array.isArray(value) ? value[0] : value)
}

/** `brim_type` is not the kernel's, but these two are what it does. */
function isFollowedBrim(settings: SlicerSettings, name: string): boolean {
  return name === 'brim_type' && ['outer_only', 'no_brim'].includes(String(scalarOf(settings, name)))
}

function scalarOf(settings: SlicerSettings, name: string): unknown {
  return name in settings ? settingScalar(settings, name) : undefined
}

/** Choices that the mapping silently changes to one that the kernel has. */
function replaced(settings: SlicerSettings, params: Record<string, unknown>): string[] {
  return (['sparse_infill_pattern', 'seam_position'] as const).flatMap(name => {
    const asked = scalarOf(settings, name)
    if (asked === undefined || asked === params[name]) return []
    return [`The engine has no ${name} "${String(asked).slice(0, 60)}": "${String(params[name])}" was used.`]
  })
}
