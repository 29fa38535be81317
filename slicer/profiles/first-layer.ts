import { AppError } from '../../schema/http/errors.ts'
import type { Vec3 } from '../model/mesh.ts'
import type { PrintProfile } from './profile.ts'

/** Models have 32-bit coordinates: 0.7 mm is 0.69999998 mm there. */
const toleranceMm = 0.001

/** Errors: stl_too_small, for a model lower than one layer, on which each engine fails in another way. */
export function checkFirstLayer({ z }: Vec3, { firstLayerHeightMm }: PrintProfile): void {
  if (z >= firstLayerHeightMm - toleranceMm) return
  const height = Number(z.toFixed(3))
  throw new AppError(
    'stl_too_small',
    `The model is ${height} mm high, and the profile's first layer ${firstLayerHeightMm} mm: choose a profile whose initial layer height is at most ${height} mm, or a thicker model.`,
  )
}
