/** Converts arcs (G2, G3) to straight lines, for printers without [gcode_arcs] and to check where an arc leads. */
import type { GcodeCommand } from './command.ts'
import { BadMove, numberOf } from './number.ts'
import type { Move } from './plain-move.ts'

/** Maximum distance of a line from its arc, including the rounding to a micrometre. */
export const arcToleranceMm = 0.0125
const roundingMm = 0.0008
/** An arc of a larger radius is a straight line to every printer, and would need too many lines. */
const maxRadiusMm = 10_000

export interface ArcStart {
  x: number
  y: number
  z: number
  e: number
  isExtruderRelative: boolean
}

/** An arc in the plane of X and Y (Klipper's G17), the only plane that a print may use. */
export function isArc(name: string): boolean {
  return name === 'G2' || name === 'G3'
}

/** True when Klipper understands the arc: it supports I and J, but not R. */
export function hasCentre({ params }: GcodeCommand): boolean {
  return params.has('I') || params.has('J')
}

/**
 * The ends of the lines that replace an arc, in its coordinates; the last is the arc's end. Z rises evenly. E is divided:
 * relative extrusion by line, absolute extrusion at each line's end. NaN stands for a coordinate that the arc does not name.
 * Errors: BadMove.
 */
export function linesOfArc(command: GcodeCommand, start: ArcStart): Move[] {
  if (Number.isNaN(start.x + start.y)) throw new BadMove('is an arc from an unknown place')
  const end = { x: numberOf(command, 'X') ?? start.x, y: numberOf(command, 'Y') ?? start.y }
  const isClockwise = command.name === 'G2'
  const centre = hasCentre(command) ? centreByOffset(command, start) : centreByRadius(command, start, end, isClockwise)
  const radius = Math.hypot(start.x - centre.x, start.y - centre.y)
  const endRadius = Math.hypot(end.x - centre.x, end.y - centre.y)
  if (!(Math.max(radius, endRadius) <= maxRadiusMm)) throw new BadMove(`is an arc with a radius of ${radius} mm`)

  const from = Math.atan2(start.y - centre.y, start.x - centre.x)
  const to = Math.atan2(end.y - centre.y, end.x - centre.x)
  const turn = turnBetween(from, to, isClockwise)
  const count = Math.max(1, Math.ceil(Math.abs(turn) / widestTurn(Math.max(radius, endRadius))))
  const z = numberOf(command, 'Z')
  const e = numberOf(command, 'E')
  return Array.from({ length: count }, (_, index) => {
    const part = (index + 1) / count
    const isEnd = index === count - 1
    const angle = from + turn * part
    const r = radius + (endRadius - radius) * part
    return {
      x: isEnd ? end.x : round(centre.x + r * Math.cos(angle), 3),
      y: isEnd ? end.y : round(centre.y + r * Math.sin(angle), 3),
      z: z === undefined ? Number.NaN : isEnd ? z : round(start.z + (z - start.z) * part, 3),
      e: e === undefined ? Number.NaN : extrusionOf(e, start, index, count),
    }
  })
}

/** The arc's lines as text, each with its "\n". The first has the feedrate, which is modal. */
export function textOfArc(command: GcodeCommand, lines: readonly Move[]): string {
  const feedrate = command.params.get('F')
  return lines
    .map(({ x, y, z, e }, index) => {
      const words = [`G1 X${plain(x)} Y${plain(y)}`]
      if (!Number.isNaN(z)) words.push(`Z${plain(z)}`)
      if (!Number.isNaN(e)) words.push(`E${plain(e)}`)
      if (index === 0 && feedrate) words.push(`F${feedrate}`)
      return `${words.join(' ')}\n`
    })
    .join('')
}

function centreByOffset(command: GcodeCommand, start: ArcStart): { x: number; y: number } {
  return { x: start.x + (numberOf(command, 'I') ?? 0), y: start.y + (numberOf(command, 'J') ?? 0) }
}

/** The centre of an arc with R: of the two circles through both ends, the shorter arc, or the longer one for a negative R. */
function centreByRadius(
  command: GcodeCommand,
  start: ArcStart,
  end: { x: number; y: number },
  isClockwise: boolean,
): { x: number; y: number } {
  const radius = numberOf(command, 'R')
  const chord = Math.hypot(end.x - start.x, end.y - start.y)
  if (radius === undefined || chord === 0) throw new BadMove('is an arc that does not say where its centre is')
  if (Math.abs(radius) < chord / 2 - 0.001)
    throw new BadMove(`is an arc whose ends are more than R${radius} allows apart`)
  const height = Math.sqrt(Math.max(0, radius ** 2 - (chord / 2) ** 2))
  const side = isClockwise === radius > 0 ? 1 : -1
  return {
    x: (start.x + end.x) / 2 + (side * height * (end.y - start.y)) / chord,
    y: (start.y + end.y) / 2 - (side * height * (end.x - start.x)) / chord,
  }
}

/** Radians, negative for clockwise. An arc that ends where it began is a full circle. */
function turnBetween(from: number, to: number, isClockwise: boolean): number {
  const full = 2 * Math.PI
  const counterClockwise = (((to - from) % full) + full) % full
  if (!isClockwise) return counterClockwise || full
  return counterClockwise === 0 ? -full : counterClockwise - full
}

/** The turn whose chord stays within the tolerance of a circle with this radius. */
function widestTurn(radius: number): number {
  const tolerance = arcToleranceMm - roundingMm
  return radius <= tolerance ? Math.PI / 2 : 2 * Math.acos(1 - tolerance / radius)
}

function extrusionOf(e: number, start: ArcStart, index: number, count: number): number {
  const upTo = (number: number) => (number === count ? e : round((e * number) / count, 5))
  if (start.isExtruderRelative) return round(upTo(index + 1) - upTo(index), 5)
  return index === count - 1 ? e : round(start.e + ((e - start.e) * (index + 1)) / count, 5)
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}

/** Never prints an exponent (1e-7), which G-code does not know. */
function plain(value: number): string {
  const text = String(value)
  return text.includes('e') ? value.toFixed(6) : text
}
