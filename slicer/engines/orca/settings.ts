/** Converts a profile to the three files that OrcaSlicer's command line loads. */
import { presetOptionKeys } from 'three-slicer/settings'
import type { Settings } from '../../../schema/http/profiles.ts'
import type { PrintProfile } from '../../profiles/profile.ts'
import { endMark } from '../native/body.ts'

export interface OrcaFiles {
  machine: string
  process: string
  filament: string
}

/**
 * Settings that are not passed on: G-code, which we add around the layers; programs, hosts and files of the user's computer;
 * and references to other presets, since only these three exist here.
 */
const notPassedOn =
  /^(post_process|.*_gcode|.*_gcode_.*|print_?host.*|printer_agent|bbl_use_printhost|host_type|bed_custom_.*|thumbnails.*|inherits.*|compatible_.*|upward_compatible_machine|default_.*_profile|filename_format|.*_settings_id|setting_id|filament_id|instantiation|notes|.*_notes|name|type|from|version|user_id|updated_time|base_id|is_custom_defined)$/

/** `G92 E0`: without it the command line refuses relative extrusion. Accelerations and the like belong to the printer. */
const machineOverrides = {
  gcode_flavor: 'marlin',
  use_relative_e_distances: '1',
  use_firmware_retraction: '0',
  before_layer_change_gcode: 'G92 E0',
  machine_end_gcode: endMark,
  ...blank(['machine_start_gcode', 'layer_change_gcode', 'time_lapse_gcode', 'machine_pause_gcode']),
  ...blank(['change_filament_gcode', 'template_custom_gcode', 'printing_by_object_gcode', 'thumbnails']),
  emit_machine_limits_to_gcode: '0',
  disable_m73: '1',
  scan_first_layer: '0',
  single_extruder_multi_material: '0',
}
const processOverrides = {
  post_process: [],
  enable_prime_tower: '0',
  timelapse_type: '0',
  exclude_object: '0',
  gcode_label_objects: '0',
  gcode_comments: '0',
  ...Object.fromEntries(
    ['default', 'outer_wall', 'inner_wall', 'top_surface', 'initial_layer', 'travel'].flatMap(of => [
      [`${of}_acceleration`, '0'],
      [`${of}_jerk`, '0'],
    ]),
  ),
}

export const notFollowed: readonly string[] = [
  ...Object.keys(processOverrides).filter(name => !name.includes('gcode')),
  ...['use_firmware_retraction', 'scan_first_layer', 'single_extruder_multi_material', 'emit_machine_limits_to_gcode'],
]

export function orcaFiles({ settings, temperatures }: PrintProfile): OrcaFiles {
  const machineKeys = new Set(presetOptionKeys('machine'))
  const filamentKeys = new Set(presetOptionKeys('filament'))
  const parts = { machine: {} as Settings, process: {} as Settings, filament: {} as Settings }
  for (const [name, value] of Object.entries(settings)) {
    if (notPassedOn.test(name)) continue
    const part = machineKeys.has(name) ? parts.machine : filamentKeys.has(name) ? parts.filament : parts.process
    part[name] = value
  }
  const name = 'lmnt machine'
  return {
    machine: preset('machine', name, { ...parts.machine, ...machineOverrides }),
    process: preset('process', 'lmnt process', {
      ...parts.process,
      ...processOverrides,
      compatible_printers: [name],
    }),
    filament: preset('filament', 'lmnt filament', {
      ...parts.filament,
      // One temperature throughout: we add the change after the first layer between the layers.
      nozzle_temperature: [String(temperatures.nozzle)],
      nozzle_temperature_initial_layer: [String(temperatures.nozzle)],
      ...bedTemperatures(temperatures.bed),
      activate_chamber_temp_control: ['0'],
      enable_pressure_advance: ['0'],
      filament_start_gcode: [''],
      filament_end_gcode: [''],
      compatible_printers: [name],
    }),
  }
}

/** `from: system` makes the preset independent; a user's preset would have to name a system preset as its parent. */
function preset(type: string, name: string, settings: Record<string, unknown>): string {
  return JSON.stringify({ ...settings, type, name, from: 'system', version: '2.0.0.0', instantiation: 'true' })
}

function bedTemperatures(bed: number): Settings {
  const plates = ['cool', 'eng', 'hot', 'textured', 'textured_cool', 'supertack'].map(plate => `${plate}_plate_temp`)
  return Object.fromEntries(
    plates.flatMap(plate => [plate, `${plate}_initial_layer`].map(name => [name, [String(bed)]])),
  )
}

function blank(names: string[]): Record<string, string> {
  return Object.fromEntries(names.map(name => [name, '']))
}
