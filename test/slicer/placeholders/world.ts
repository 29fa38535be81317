import { expand, parseTemplate, type Surroundings, type Value } from '../../../slicer/placeholders/index.ts'

/** Settings of a machine with four extruders. */
export const settings: Record<string, Value> = {
  printer_notes: { type: 'string', value: '  MADE_BY_ACME\nMODEL_TWO "fast" \\ ' },
  nozzle_diameter: { type: 'float', values: [0.6, 0.6, 0.6, 0.6] },
  nozzle_temperature: { type: 'int', values: [357, 359, 363, 378] },
  filament_notes: { type: 'string', values: ['testnotes'] },
  filament_type: { type: 'string', values: ['PLA', 'AB"S'] },
  enable_pressure_advance: { type: 'bool', values: [true] },
  spiral_mode: { type: 'bool', value: false },
  sparse_infill_density: { type: 'percent', value: 15 },
  filament_shrink: { type: 'percent', values: [100, 99.5] },
  line_width: { type: 'float_or_percent', value: { number: 0.675, text: '112.5%' } },
  scarf_joint_speed: { type: 'float_or_percent', value: { number: null, text: '50%' } },
  travel_speeds: { type: 'float_or_percent', values: [{ number: 100, text: '50%' }] },
  curr_bed_type: { type: 'enum', value: 'Textured PEI Plate' },
  printable_area: {
    type: 'point',
    values: [
      { x: 0, y: 0 },
      { x: 220.5, y: 0 },
    ],
  },
  best_object_pos: { type: 'point', value: { x: 0.5, y: 0.25 } },
  filament_retract: { type: 'float', values: [null, 0.8] },
  idle_temperature: { type: 'int', value: null },
  nothing: { type: 'float', values: [] },
  foo: { type: 'int', value: 0 },
  bar: { type: 'int', value: 2 },
  below: { type: 'int', value: -1 },
  layer_z: { type: 'float', value: 0.30000000000000004 },
  num_extruders: { type: 'int', value: 4 },
}

export const surroundings: Surroundings = {
  lookup: name => (Object.hasOwn(settings, name) ? settings[name] : undefined),
  extruder: 0,
  random: () => 0.5,
}

/** What a template prints with these settings. */
export function printed(source: string, over: Partial<Surroundings> = {}): string {
  return expand(parseTemplate(source, 'machine_start_gcode'), { ...surroundings, ...over })
}
