import type { ProfileContents, Settings } from '../../../schema/http/profiles.ts'

/** A profile for a printer of 220 x 220 x 240 mm, as Orca exports it. Its start macro gets the temperatures as parameters. */
export function testProfile(changes: Settings = {}): ProfileContents {
  return {
    machine_settings: {
      type: 'machine',
      name: 'Test printer',
      gcode_flavor: 'klipper',
      printable_area: ['0x0', '220x0', '220x220', '0x220'],
      printable_height: '240',
      nozzle_diameter: ['0.4'],
      machine_start_gcode:
        'M104 S0\nM140 S0\nPRINT_START EXTRUDER={nozzle_temperature_initial_layer[0]} BED=[bed_temperature_initial_layer_single]',
      machine_end_gcode: 'PRINT_END',
    },
    filament: {
      filament_type: ['PLA'],
      filament_density: ['1.24'],
      filament_diameter: ['1.75'],
      nozzle_temperature: ['215'],
      nozzle_temperature_initial_layer: ['220'],
      hot_plate_temp: ['60'],
      hot_plate_temp_initial_layer: ['65'],
    },
    process_settings: {
      layer_height: '0.2',
      initial_layer_print_height: '0.2',
      wall_loops: '2',
      sparse_infill_density: '15%',
      sparse_infill_pattern: 'grid',
      ...changes,
    },
  }
}
