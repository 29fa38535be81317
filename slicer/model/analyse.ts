/** What can be said of a model before it is sliced, and what is wrong enough to refuse it. */
import { AppError } from '../../schema/http/errors.ts'
import { type Bounds, boundsOf, type Mesh, sizeOf, triangleCount, type Vec3 } from './mesh.ts'
import { edgeFaults, weld } from './weld.ts'

/** A side below this cannot be printed, and mostly means that the model was drawn in metres or inches. */
const minSideMm = 0.5

/** Few printers have room for a longer side; mostly a model like this was drawn in another unit. */
const largeSideMm = 500

export interface Analysis {
  triangles: number
  bounds: Bounds
  size: Vec3
  /** Meaningful for a closed mesh only. */
  volumeMm3: number
  /** Sentences for the designer and the buyer: the model can be sliced, but may not come out as meant. */
  warnings: string[]
}

/**
 * Measures a model.
 * Errors: stl_too_small.
 */
export function analyse(mesh: Mesh): Analysis {
  const bounds = boundsOf(mesh)
  const size = sizeOf(bounds)
  if (Math.min(size.x, size.y, size.z) < minSideMm) {
    throw new AppError(
      'stl_too_small',
      `The model is ${formatSize(size)}; each side must be at least ${minSideMm} mm. Is it drawn in millimetres?`,
    )
  }
  const { pointOf, points } = weld(mesh)
  const { open, tangled } = edgeFaults(pointOf, points)
  const volume = signedVolume(mesh, bounds)
  const warnings: string[] = []
  if (open > 0) warnings.push(`The model is not closed: ${edges(open)} without a neighbour.`)
  if (tangled > 0) warnings.push(`The model is tangled: ${edges(tangled)} shared by surfaces that do not fit together.`)
  if (Math.max(size.x, size.y, size.z) > largeSideMm) {
    warnings.push(
      `The model is ${formatSize(size)}: few printers have room for more than ${largeSideMm} mm. Is it drawn in millimetres?`,
    )
  }
  if (volume < 0) warnings.push('The model is inside out: its surfaces face inwards.')
  return { triangles: triangleCount(mesh), bounds, size, volumeMm3: Math.abs(volume), warnings }
}

/** How large the model is, for people: "20.00 x 20.00 x 5.00 mm". */
export function formatSize({ x, y, z }: Vec3): string {
  return `${x.toFixed(2)} x ${y.toFixed(2)} x ${z.toFixed(2)} mm`
}

/** The sum of the tetrahedra between each triangle and a corner of the box (near, so that little precision is lost). */
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
