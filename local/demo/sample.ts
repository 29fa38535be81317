import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename } from 'node:path'
import type { ModelMetadata } from '../../schema/http/models.ts'
import type { ProfileContents } from '../../schema/http/profiles.ts'

/** The demo users of the local marketplace, whom the examples in README.md use. They exist on this machine only. */
export const people = {
  designer: { email: 'designer@example.com', password: 'local-designer', role: 'designer' },
  enthusiast: { email: 'enthusiast@example.com', password: 'local-enthusiast', role: 'enthusiast' },
} as const

export const printerName = 'Local printer'

export interface Sample {
  metadata: ModelMetadata
  file: Buffer
  fileName: string
}

/** The model of the demo: a gear wheel, or the STL file at this path. */
export function readSample(stl: string | undefined): Sample {
  const path = stl ?? createRequire(import.meta.url).resolve('stl-models/objects/gearwheel.bin.stl')
  const fileName = basename(path)
  return {
    file: readModel(path),
    fileName,
    metadata: {
      title: stl ? fileName.replace(/\.stl$/i, '').slice(0, 120) || 'Model' : 'Gear wheel',
      description: stl ? '' : 'A gear wheel with a hub, to see a print go all the way.',
      nft_id: null,
      units: null,
      allow_scaling: true,
      licenses: [{ license_type: 'pay-per-print', price_hbar: '10', price_print: '10', prints_allowed: 3 }],
    },
  }
}

function readModel(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? error.code : error
    throw new Error(`Cannot read ${path} (${reason}). Set --stl to the path of an STL file.`)
  }
}

export type SampleProfile = ProfileContents & { name: string }

/** A Klipper printer of 235 x 235 mm with PLA, in OrcaSlicer's terms. */
export const sampleProfile: SampleProfile = {
  name: 'PLA, 0.2 mm',
  machine_settings: {
    gcode_flavor: 'klipper',
    printable_area: ['0x0', '235x0', '235x235', '0x235'],
    printable_height: '250',
    nozzle_diameter: ['0.4'],
    machine_start_gcode:
      'M140 S[bed_temperature_initial_layer_single]\nM104 S[nozzle_temperature_initial_layer]\nG28\nM190 S[bed_temperature_initial_layer_single]\nM109 S[nozzle_temperature_initial_layer]',
    machine_end_gcode: 'M104 S0\nM140 S0\nM107\nG91\nG1 Z5 F600\nG90\nM84',
    retraction_length: ['0.5'],
    retraction_speed: ['40'],
  },
  process_settings: {
    layer_height: '0.2',
    initial_layer_print_height: '0.2',
    wall_loops: '2',
    sparse_infill_density: '15%',
    sparse_infill_pattern: 'grid',
    outer_wall_speed: '120',
    inner_wall_speed: '200',
    travel_speed: '300',
  },
  filament: {
    filament_type: ['PLA'],
    filament_diameter: ['1.75'],
    filament_density: ['1.24'],
    nozzle_temperature: ['215'],
    nozzle_temperature_initial_layer: ['215'],
    hot_plate_temp: ['60'],
    hot_plate_temp_initial_layer: ['60'],
  },
}
