import { z } from 'zod'

/**
 * Facts about a printer. The edge reads them from Klipper's running configuration and reports them to the marketplace.
 * Holds no host name, address, path or secret. Unknown values are null or an empty list, so that an older edge and a
 * newer marketplace understand each other.
 */

/** A command's name in G-code, in capitals. */
const commandName = z
  .string()
  .regex(/^[A-Z_][A-Z0-9_]*(\.[0-9]+)?$/)
  .max(80)

/** A [gcode_macro], and the parameters that its text reads (`params.BED_TEMP` is BED_TEMP). */
export const printerMacro = z.object({
  name: commandName,
  params: z
    .array(z.string().regex(/^[A-Z0-9_]{1,60}$/))
    .max(64)
    .default([]),
})
export type PrinterMacro = z.infer<typeof printerMacro>

const millimetres = z.number().min(-10_000).max(10_000)
const point = z.object({ x: millimetres, y: millimetres, z: millimetres })

export const printerHeater = z.object({
  /** The name of its section: "extruder", "extruder1", "heater_bed", "heater_generic chamber". */
  name: z.string().regex(/^[A-Za-z0-9_. -]{1,80}$/),
  /** In degrees Celsius. */
  min_temp: z.number().min(-500).max(2000),
  max_temp: z.number().min(-500).max(2000),
})
export type PrinterHeater = z.infer<typeof printerHeater>

export const printerFacts = z.object({
  macros: z.array(printerMacro).max(500).default([]),
  /** Other commands that Klipper has a help text for. Not all commands have one. */
  commands: z.array(commandName).max(1000).default([]),
  /** True when Klipper has [gcode_arcs] and so understands G2 and G3. */
  has_gcode_arcs: z.boolean().nullable().default(null),
  has_exclude_object: z.boolean().nullable().default(null),
  /** The range of the head: the axes' position_min and position_max; for a delta printer the box around its circle. */
  axis_min: point.nullable().default(null),
  axis_max: point.nullable().default(null),
  heaters: z.array(printerHeater).max(64).default([]),
  /** The nozzle of the first extruder. */
  nozzle_diameter_mm: z.number().positive().max(10).nullable().default(null),
  /** Such as "corexy", "cartesian" or "delta". */
  kinematics: z
    .string()
    .regex(/^[A-Za-z0-9_]{1,40}$/)
    .nullable()
    .default(null),
})
export type PrinterFacts = z.infer<typeof printerFacts>

/** The facts of a printer with hundreds of macros take some 30 KiB and 2,000 values. */
export const printerFactsMaxBytes = 64 * 1024
export const printerFactsMaxValues = 8000
