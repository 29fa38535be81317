/** Facts about this printer from Klipper's configuration. Only the fields named here leave the host: no path, address or pin. */
import { z } from 'zod'
import {
  type PrinterFacts,
  type PrinterMacro,
  printerFacts,
  printerHeater,
  printerMacro,
} from '../../schema/http/printer-facts.ts'

/** The objects to query, and their fields. */
export const factObjects = { configfile: ['settings'], toolhead: ['axis_minimum', 'axis_maximum'] }

const section = z.record(z.string(), z.unknown())
const axes = z.array(z.number()).min(3)
const objects = z.object({
  configfile: z.object({ settings: z.record(z.string(), section) }),
  toolhead: z.object({ axis_minimum: axes.optional(), axis_maximum: axes.optional() }).catch({}),
})

/** Reads the facts; null without Klipper's configuration. `help` is the answer of printer.gcode.help. */
export function readFacts(status: unknown, help: Record<string, unknown>): PrinterFacts | null {
  const read = objects.safeParse(status)
  if (!read.success) return null
  const { settings } = read.data.configfile
  const { axis_minimum, axis_maximum } = read.data.toolhead
  const macros = macrosIn(settings)
  const isMacro = new Set(macros.map(macro => macro.name))
  return printerFacts.parse({
    macros: macros.slice(0, 500),
    commands: Object.keys(help)
      .map(name => name.toUpperCase())
      .filter(name => !isMacro.has(name) && printerMacro.shape.name.safeParse(name).success)
      .slice(0, 1000),
    has_gcode_arcs: Object.hasOwn(settings, 'gcode_arcs'),
    has_exclude_object: Object.hasOwn(settings, 'exclude_object'),
    axis_min: valid(printerFacts.shape.axis_min, toPoint(axis_minimum)),
    axis_max: valid(printerFacts.shape.axis_max, toPoint(axis_maximum)),
    heaters: heatersIn(settings).slice(0, 64),
    nozzle_diameter_mm: valid(printerFacts.shape.nozzle_diameter_mm, settings.extruder?.nozzle_diameter),
    kinematics: valid(printerFacts.shape.kinematics, settings.printer?.kinematics),
  })
}

const macroSection = /^gcode_macro\s+(\S+)$/i
const heaterSection = /^(extruder\d*|heater_bed|heater_generic\s+.+)$/i
/** `params.BED`, `params["BED"]`, `params.get('BED')` and `'BED' in params`. */
const paramPatterns = [
  /\bparams\.(?!get\b)([A-Za-z_]\w*)/g,
  /\bparams\[\s*['"](\w+)['"]\s*\]/g,
  /\bparams\.get\(\s*['"](\w+)['"]/g,
  /['"](\w+)['"]\s+(?:not\s+)?in\s+params\b/g,
]

function macrosIn(settings: Record<string, Record<string, unknown>>): PrinterMacro[] {
  return Object.entries(settings).flatMap(([title, options]) => {
    const [, name] = macroSection.exec(title) ?? []
    const macro = { name: name?.toUpperCase(), params: paramsIn(String(options.gcode ?? '')) }
    return printerMacro.safeParse(macro).data ?? []
  })
}

function paramsIn(gcode: string): string[] {
  const names = paramPatterns.flatMap(pattern =>
    [...gcode.matchAll(pattern)].map(([, name = '']) => name.toUpperCase()),
  )
  return [...new Set(names)].filter(name => name.length <= 60).slice(0, 64)
}

function heatersIn(settings: Record<string, Record<string, unknown>>) {
  return Object.entries(settings).flatMap(([name, { min_temp, max_temp }]) =>
    heaterSection.test(name) ? (printerHeater.safeParse({ name, min_temp, max_temp }).data ?? []) : [],
  )
}

function toPoint(axis: number[] | undefined) {
  return axis && { x: axis[0], y: axis[1], z: axis[2] }
}

/** The value, or null when it is invalid. */
function valid<T extends z.ZodType>(schema: T, value: unknown): z.infer<T> | null {
  return schema.safeParse(value).data ?? null
}
