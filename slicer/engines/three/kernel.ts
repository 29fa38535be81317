/** Converts Orca's settings and our canonical model to the input of three-slicer's kernel. */
import {
  deriveKernelParams,
  ignoredKernelSettings,
  normalizeProjectSettings,
  type SlicerSettings,
  schemaDefault,
  settingScalar,
} from 'three-slicer/settings'
import { eachCorner } from '../../model/stl-layout.ts'
import type { ThreeRequest } from './protocol.ts'

/**
 * The kernel drops the top layer of a model whose height is an exact multiple of the layer height, so the model is stretched
 * by a micrometre.
 */
const stretchMm = 0.001

/** We handle these settings ourselves, so they are neither passed on nor reported as ignored. */
const ownSettings = new Set(['machine_start_gcode', 'machine_end_gcode', 'printable_area', 'printable_height'])
/** Settings that shape nothing, or that the slicer itself uses. */
const namingSettings =
  /^(name|type|from|inherits|version|notes|setting_id|filament_id|instantiation|.*_settings_id|.*_notes|compatible_.*|default_.*_profile|upward_compatible_machine|printer_.*|print_host.*|host_type|thumbnails.*|gcode_flavor|.*_plate_temp(_initial_layer)?|curr_bed_type|nozzle_temperature_initial_layer|nozzle_temperature_range_.*|filament_(colour|vendor|is_support|soluble)|time_cost)$/

/**
 * Moves the model in place to the position that the kernel expects. The kernel assumes that every bed begins at 0 and adds
 * half of the bed's size; the model is then over the middle of the bed.
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
    // `placeForKernel` has placed the model; the kernel's own centring does not support other origins.
    auto_center: false,
    bed_width: bed.width,
    bed_depth: bed.depth,
    bed_height: bed.height,
    printable_height: bed.height,
    // Added around the layers later.
    machine_start_gcode: '',
    machine_end_gcode: '',
  }
  // Orca's default is arachne, which is several times slower here: only for profiles that set it.
  if (!('wall_generator' in settings)) params.wall_generator = 'classic'
  // The kernel has outer brims only and reads only the width.
  if (scalarOf(settings, 'brim_type') === 'no_brim') params.brim_width = 0
  return { params, warnings: [...ignored(settings, skipped), ...replaced(settings, params)] }
}

/** Settings that the kernel does not know and that differ from its behaviour. */
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

/** The kernel does not know `brim_type`, but its behaviour matches these two values. */
function isFollowedBrim(settings: SlicerSettings, name: string): boolean {
  return name === 'brim_type' && ['outer_only', 'no_brim'].includes(String(scalarOf(settings, name)))
}

function scalarOf(settings: SlicerSettings, name: string): unknown {
  return name in settings ? settingScalar(settings, name) : undefined
}

/** A sentence for each choice that the mapping silently replaces by one that the kernel has. */
function replaced(settings: SlicerSettings, params: Record<string, unknown>): string[] {
  return (['sparse_infill_pattern', 'seam_position'] as const).flatMap(name => {
    const asked = scalarOf(settings, name)
    if (asked === undefined || asked === params[name]) return []
    return [`The engine has no ${name} "${String(asked).slice(0, 60)}": "${String(params[name])}" was used.`]
  })
}
