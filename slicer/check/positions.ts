/** Allowed positions of the head: inside the bed for the model's moves, inside the printer's axes for the profile's G-code. */
import type { PositionFault } from '../gcode/head.ts'
import { type Bed, isBelowCeiling, isOnBed } from '../profiles/bed.ts'

export interface AxisLimits {
  min: { x: number; y: number; z: number }
  max: { x: number; y: number; z: number }
}

const axisNames = ['x', 'y', 'z'] as const
const toleranceMm = 0.005
/** How far from the bed a purge strip, a brush or a parking position may be when the printer's own limits are not known. */
const besideBedMm = 100
/** Brushes and probes lie below the bed's surface. */
const belowBedMm = 10

/** The model's moves. While only one axis is known, the other is assumed to be at the middle of the bed. */
export function insideBed(bed: Bed): PositionFault {
  const middle = { x: (bed.min.x + bed.max.x) / 2, y: (bed.min.y + bed.max.y) / 2 }
  return (x, y, z) => {
    const isAnywhere = Number.isNaN(x) && Number.isNaN(y)
    if (!isAnywhere && !isOnBed(bed, Number.isNaN(x) ? middle.x : x, Number.isNaN(y) ? middle.y : y)) {
      return `moves to X ${round(x)} Y ${round(y)}, which is outside the bed`
    }
    if (!Number.isNaN(z) && !isBelowCeiling(bed, z)) {
      return `moves to Z ${round(z)}, but the printer reaches from 0 to ${bed.heightMm}`
    }
    return undefined
  }
}

/** The profile's own moves on a printer whose axes are known. */
export function insideAxes({ min, max }: AxisLimits): PositionFault {
  return (x, y, z) => {
    const place = { x, y, z }
    for (const axis of axisNames) {
      const [value, name] = [place[axis], axis.toUpperCase()]
      if (value > max[axis] + toleranceMm) {
        return `moves to ${name} ${round(value)}: this printer's ${name} ends at ${round(max[axis])}`
      }
      if (value < min[axis] - toleranceMm) {
        return `moves to ${name} ${round(value)}: this printer's ${name} begins at ${round(min[axis])}`
      }
    }
    return undefined
  }
}

/** The same when the axes' limits are unknown: refuses only positions that no printer with this bed can reach. */
export function nearBed(bed: Bed): PositionFault {
  const min = { x: bed.min.x - besideBedMm, y: bed.min.y - besideBedMm, z: -belowBedMm }
  const max = { x: bed.max.x + besideBedMm, y: bed.max.y + besideBedMm, z: bed.heightMm + besideBedMm }
  return (x, y, z) => {
    const place = { x, y, z }
    for (const axis of axisNames) {
      const value = place[axis]
      if (value <= max[axis] && value >= min[axis]) continue
      if (Number.isNaN(value)) continue
      const size = axis === 'z' ? `0 to ${bed.heightMm}` : `${round(bed.min[axis])} to ${round(bed.max[axis])}`
      return `moves to ${axis.toUpperCase()} ${round(value)}, far outside the bed (${size})`
    }
    return undefined
  }
}

function round(value: number): string {
  return Number.isNaN(value) ? '?' : String(Number(value.toFixed(3)))
}
