/**
 * Orca's placeholders in start and end G-code: {nozzle_temperature_initial_layer[0]}, [layer_height]. Values only: its
 * conditions and sums are a language of their own, and a G-code with one of them left in would be refused by the printer.
 */
import { AppError } from '../../schema/http/errors.ts'
import type { Vec3 } from '../model/mesh.ts'
import type { PrintProfile } from './profile.ts'
import { first } from './read.ts'

type Values = Record<string, string | number | readonly number[]>

const placeholder = /\{([^{}]*)\}|\[([a-z][a-z0-9_]*)\]/g
const valueName = /^\s*([a-z][a-z0-9_]*)\s*(?:\[\s*(\w+)\s*\])?\s*$/

/**
 * Fills in a profile's placeholders. `where` names the text for the user.
 * Errors: profile_invalid.
 */
export function expandPlaceholders(gcode: string, where: string, profile: PrintProfile, size: Vec3): string {
  const values = knownValues(profile, size)
  return gcode.replace(placeholder, (whole, braced?: string, bracketed?: string) => {
    const [, name = '', index] = valueName.exec(braced ?? bracketed ?? '') ?? []
    const known = Object.hasOwn(values, name) ? values[name] : undefined
    const value = known ?? first(profile.settings, name)
    if (value === undefined) {
      throw new AppError('profile_invalid', `${where} uses ${whole.slice(0, 60)}, which the slicer does not know.`)
    }
    if (Array.isArray(value)) return String(value[Number(index ?? 0)] ?? '')
    return String(typeof value === 'boolean' ? Number(value) : value)
  })
}

function knownValues({ temperatures, bed, filament }: PrintProfile, size: Vec3): Values {
  const middle = { x: (bed.min.x + bed.max.x) / 2, y: (bed.min.y + bed.max.y) / 2 }
  const round = (value: number) => Number(value.toFixed(3))
  return {
    nozzle_temperature: temperatures.nozzle,
    temperature: temperatures.nozzle,
    nozzle_temperature_initial_layer: temperatures.nozzleFirstLayer,
    first_layer_temperature: temperatures.nozzleFirstLayer,
    bed_temperature: temperatures.bed,
    bed_temperature_initial_layer: temperatures.bedFirstLayer,
    bed_temperature_initial_layer_single: temperatures.bedFirstLayer,
    first_layer_bed_temperature: temperatures.bedFirstLayer,
    filament_type: filament.type,
    initial_extruder: 0,
    initial_tool: 0,
    initial_no_support_extruder: 0,
    current_extruder: 0,
    print_bed_min: [bed.min.x, bed.min.y],
    print_bed_max: [bed.max.x, bed.max.y],
    print_bed_size: [bed.max.x - bed.min.x, bed.max.y - bed.min.y],
    // Where a bed mesh has to be probed: around the model.
    first_layer_print_min: [round(middle.x - size.x / 2), round(middle.y - size.y / 2)],
    first_layer_print_max: [round(middle.x + size.x / 2), round(middle.y + size.y / 2)],
    first_layer_print_size: [round(size.x), round(size.y)],
  }
}
