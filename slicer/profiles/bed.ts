/** The printable space: Orca's printable_area, a polygon around the bed, and printable_height above it. */
import { AppError } from '../../schema/http/errors.ts'
import type { Setting, Settings } from '../../schema/http/profiles.ts'
import type { Vec3 } from '../model/mesh.ts'
import { type Point, readPoint } from './point.ts'
import { requiredNumber } from './read.ts'

export interface Bed {
  outline: Point[]
  /** The outline's bounding box. A bed's origin may be its corner or its middle (delta printers). */
  min: Point
  max: Point
  heightMm: number
  isRectangle: boolean
}

/** G-code has three or four decimals; rounding must not put a move outside the bed. */
const toleranceMm = 0.005
const maxPoints = 400

/** Errors: profile_invalid. */
export function readBed(settings: Settings): Bed {
  const outline = corners(settings.printable_area).map(readCorner)
  if (outline.length < 3)
    throw new AppError('profile_invalid', 'The profile does not set printable_area, the outline of the bed.')
  if (outline.length > maxPoints) throw new AppError('profile_invalid', 'printable_area has too many points.')
  const xs = outline.map(point => point.x)
  const ys = outline.map(point => point.y)
  const min = { x: Math.min(...xs), y: Math.min(...ys) }
  const max = { x: Math.max(...xs), y: Math.max(...ys) }
  for (const side of [max.x - min.x, max.y - min.y]) {
    if (side < 10 || side > 3000) {
      throw new AppError('profile_invalid', `printable_area is ${side} mm wide; a bed must be 10 to 3000 mm wide.`)
    }
  }
  const heightMm = requiredNumber(settings, 'printable_height', { min: 1, max: 3000 })
  return { outline, min, max, heightMm, isRectangle: isRectangle(outline, min, max) }
}

/** Errors: stl_exceeds_bed. Compares with the bed's bounding box; the G-code check sees beds of other shapes. */
export function checkFits(size: Vec3, bed: Bed): void {
  const room = { x: bed.max.x - bed.min.x, y: bed.max.y - bed.min.y, z: bed.heightMm }
  if (size.x <= room.x && size.y <= room.y && size.z <= room.z) return
  const text = ({ x, y, z }: Vec3) => `${x.toFixed(1)} x ${y.toFixed(1)} x ${z.toFixed(1)} mm`
  throw new AppError('stl_exceeds_bed', `The model is ${text(size)}; the printer has room for ${text(room)}.`)
}

/** True for a point on the bed, its edge included. */
export function isOnBed({ outline, min, max, isRectangle }: Bed, x: number, y: number): boolean {
  const isInBox =
    x >= min.x - toleranceMm && x <= max.x + toleranceMm && y >= min.y - toleranceMm && y <= max.y + toleranceMm
  return isInBox && (isRectangle || isInPolygon(outline, x, y) || distanceToEdge(outline, x, y) <= toleranceMm)
}

export function isBelowCeiling(bed: Bed, z: number): boolean {
  return z >= -toleranceMm && z <= bed.heightMm + toleranceMm
}

/** Presets have ["0x0", "220x0", ...], project files one string with commas, the catalogue pairs of numbers. */
function corners(value: Setting | undefined): Setting[] {
  if (Array.isArray(value)) return value.length === 1 && typeof value[0] === 'string' ? value[0].split(',') : value
  return typeof value === 'string' ? value.split(',') : []
}

function readCorner(setting: Setting): Point {
  const point = readPoint(setting)
  if (point) return point
  throw new AppError(
    'profile_invalid',
    `printable_area has a point that cannot be read: "${String(setting).slice(0, 40)}".`,
  )
}

function isRectangle(outline: Point[], min: Point, max: Point): boolean {
  const isCorner = ({ x, y }: Point) => (x === min.x || x === max.x) && (y === min.y || y === max.y)
  return outline.length === 4 && outline.every(isCorner)
}

/** Counts the edges to the right of the point: an odd number is inside. */
function isInPolygon(outline: Point[], x: number, y: number): boolean {
  let isInside = false
  eachEdge(outline, (a, b) => {
    if (a.y > y !== b.y > y && x < a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x)) isInside = !isInside
  })
  return isInside
}

function distanceToEdge(outline: Point[], x: number, y: number): number {
  let nearest = Infinity
  eachEdge(outline, (a, b) => {
    const dx = b.x - a.x
    const dy = b.y - a.y
    const part = ((x - a.x) * dx + (y - a.y) * dy) / (dx * dx + dy * dy || 1)
    const along = Math.min(1, Math.max(0, part))
    nearest = Math.min(nearest, Math.hypot(x - a.x - along * dx, y - a.y - along * dy))
  })
  return nearest
}

function eachEdge(outline: Point[], visit: (a: Point, b: Point) => void): void {
  for (let at = 0; at < outline.length; at++) {
    visit(outline[at] as Point, outline[(at + 1) % outline.length] as Point)
  }
}
