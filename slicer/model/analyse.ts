/** Measures a model before it is sliced: size, volume, warnings, and the fault that makes it unprintable. */
import type { ErrorCode } from '../../schema/http/errors.ts'
import { sideLimitsMm } from '../../schema/http/model-limits.ts'
import { type Floating, floatingBodies } from './islands.ts'
import { type Bounds, boundsOf, type Mesh, sizeOf, triangleCount, type Vec3 } from './mesh.ts'
import { suggestUnits, type Unit, type UnitSuggestion, unitNames } from './units.ts'
import { edgeFaults, weld } from './weld.ts'

/** Relative. Coordinates are 32-bit floats: a side of 0.1 mm far from the origin measures slightly less. */
const tolerance = 1e-3

/** Few printers are larger; a model with a longer side was usually drawn in another unit. */
const largeSideMm = 500

export interface Analysis {
  triangles: number
  bounds: Bounds
  size: Vec3
  /** Meaningful for a closed mesh only. */
  volumeMm3: number
  /** Sentences for the designer and the buyer: the model can be sliced, but the print may differ from what was intended. */
  warnings: string[]
  /** Other units that would give the model a usual size, the most likely first. */
  suggestions: UnitSuggestion[]
  /** Why a model of this size cannot be printed; null when it can. */
  fault: { code: ErrorCode; message: string } | null
}

/** Measures a mesh in millimetres; `unit` is the unit in which its file was read. */
export function analyse(mesh: Mesh, unit: Unit = 'mm'): Analysis {
  const bounds = boundsOf(mesh)
  const size = sizeOf(bounds)
  const suggestions = suggestUnits(size, unit)
  const { pointOf, points } = weld(mesh)
  const { open, tangled } = edgeFaults(pointOf, points)
  const volume = signedVolume(mesh, bounds)
  const warnings: string[] = []
  if (open > 0) warnings.push(`The model is not closed: ${edges(open)} without a neighbour.`)
  if (tangled > 0) warnings.push(`The model is tangled: ${edges(tangled)} shared by surfaces that do not match.`)
  const floating = floatingBodies(mesh, pointOf, points, bounds.min.z)
  if (floating.count > 0) warnings.push(describeFloating(floating))
  if (Math.max(size.x, size.y, size.z) > largeSideMm) {
    warnings.push(`The model is ${formatSize(size)}: few printers have room for more than ${largeSideMm} mm.`)
  }
  if (suggestions.length > 0) warnings.push(describeUnits(size, unit, suggestions))
  if (volume < 0) warnings.push('The model is inside out: its surfaces face inwards.')
  const fault = sizeFault(size, suggestions.length > 0 ? ` ${describeUnits(size, unit, suggestions)}` : '')
  return { triangles: triangleCount(mesh), bounds, size, volumeMm3: Math.abs(volume), warnings, suggestions, fault }
}

function sizeFault(size: Vec3, hint: string): Analysis['fault'] {
  const { min: minSideMm, max: maxSideMm } = sideLimitsMm
  if (Math.min(size.x, size.y, size.z) < minSideMm * (1 - tolerance)) {
    const message = `The model is ${formatSize(size)}; each side must be at least ${minSideMm} mm.${hint}`
    return { code: 'stl_too_small', message }
  }
  if (Math.max(size.x, size.y, size.z) > maxSideMm) {
    const message = `The model is ${formatSize(size)}; no side may be longer than ${maxSideMm} mm.${hint}`
    return { code: 'stl_exceeds_bed', message }
  }
  return null
}

function describeUnits(size: Vec3, unit: Unit, suggestions: UnitSuggestion[]): string {
  const others = suggestions.map(
    ({ units, dimensions_mm }) => `in ${unitNames[units]} it is ${formatSize(dimensions_mm)}`,
  )
  const settings = suggestions.map(({ units }) => `"${units}"`).join(' or ')
  return (
    `Is the model drawn in ${unitNames[unit]}? It is ${formatSize(size)}; ${others.join(', ')}. ` +
    `Set units to ${settings} if that is right.`
  )
}

function describeFloating({ count, aboveBedMm }: Floating): string {
  const height = `${aboveBedMm.toFixed(2)} mm above the bed`
  return count === 1
    ? `One part of the model floats ${height} and touches no other part: it needs supports.`
    : `${count} parts of the model float and touch no other part, the lowest ${height}: they need supports.`
}

/** A size as text for users: "20.00 x 20.00 x 5.00 mm". */
export function formatSize({ x, y, z }: Vec3): string {
  return `${x.toFixed(2)} x ${y.toFixed(2)} x ${z.toFixed(2)} mm`
}

/** The sum of the tetrahedra between each triangle and a corner of the box, which is near enough to lose little precision. */
function signedVolume({ positions: p }: Mesh, { min }: Bounds): number {
  let sixfold = 0
  for (let at = 0; at < p.length; at += 9) {
    const ax = (p[at] as number) - min.x
    const ay = (p[at + 1] as number) - min.y
    const az = (p[at + 2] as number) - min.z
    const bx = (p[at + 3] as number) - min.x
    const by = (p[at + 4] as number) - min.y
    const bz = (p[at + 5] as number) - min.z
    const cx = (p[at + 6] as number) - min.x
    const cy = (p[at + 7] as number) - min.y
    const cz = (p[at + 8] as number) - min.z
    sixfold += ax * (by * cz - bz * cy) - ay * (bx * cz - bz * cx) + az * (bx * cy - by * cx)
  }
  return sixfold / 6
}

function edges(count: number): string {
  return count === 1 ? 'one edge is' : `${count} edges are`
}
