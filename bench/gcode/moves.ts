import { gcodeOf, type MadeGcode } from '../../test/make/edge/gcode.ts'

/** A line that Klippy parses and runs without moving anything. */
export const noopLine = (number: number) => `G1 F${6000 + (number % 97)} ; ${String(number % 100_000).padStart(5, '0')}`

/** The lines, again and again, up to this number. */
export function repeated(lines: string[], count: number): MadeGcode {
  return gcodeOf(Array.from({ length: count }, (_, at) => lines[at % lines.length] ?? ''))
}
