/** Checks a buyer's overrides against the designer's terms and the printer's size. */
import type { publishedModels } from '../../../schema/db/bff/index.ts'
import { AppError } from '../../../schema/http/errors.ts'
import { sideLimitsMm } from '../../../schema/http/model-limits.ts'
import { normalOverrides, type Overrides, printedSize } from '../../../schema/http/overrides.ts'
import type { PrinterFacts } from '../../../schema/http/printer-facts.ts'

type Model = typeof publishedModels.$inferSelect
interface Size {
  x: number
  y: number
  z: number
}

/** Sizes are stored with 7 digits. */
const toleranceMm = 0.01

/** Returns the overrides in their normal form. Errors: one_copy_per_print, scaling_not_allowed. */
export function admitOverrides(asked: Overrides, model: Pick<Model, 'scaleMin' | 'scaleMax'>): Overrides {
  const { copies = 1 } = asked
  if (copies > 1) {
    const message = `One print makes one copy and uses one right. Leave copies out, and print ${copies} times for ${copies} copies.`
    throw new AppError('one_copy_per_print', message)
  }
  const admitted = normalOverrides(asked)
  if (admitted.scale_percent !== undefined) requireScale(admitted.scale_percent, model)
  return admitted
}

function requireScale(percent: number, { scaleMin, scaleMax }: Pick<Model, 'scaleMin' | 'scaleMax'>): void {
  if (scaleMin === null || scaleMax === null) {
    throw new AppError(
      'scaling_not_allowed',
      'The designer of this model does not allow scaling. Leave scale_percent out.',
    )
  }
  if (percent >= scaleMin && percent <= scaleMax) return
  const message = `scale_percent is ${percent}: the designer of this model allows ${scaleMin} to ${scaleMax}.`
  throw new AppError('scaling_not_allowed', message)
}

/**
 * Refuses a print that no profile could put on this printer, before anything is stored or charged. The profile's own bed is
 * compared by the slicer. Errors: stl_too_small, stl_exceeds_bed.
 */
export function requireFit(
  { sizeX: x, sizeY: y, sizeZ: z }: Pick<Model, 'sizeX' | 'sizeY' | 'sizeZ'>,
  overrides: Overrides,
  printer: Pick<PrinterFacts, 'axis_min' | 'axis_max'> | null,
): void {
  if (x === null || y === null || z === null) return
  const size = printedSize({ x, y, z }, overrides)
  const sides = [size.x, size.y, size.z]
  const { min, max } = sideLimitsMm
  if (Math.min(...sides) < min - toleranceMm) {
    throw new AppError('stl_too_small', `The model would be ${text(size)}; each side must be at least ${min} mm.`)
  }
  if (Math.max(...sides) > max + toleranceMm) {
    throw new AppError('stl_exceeds_bed', `The model would be ${text(size)}; no side may be longer than ${max} mm.`)
  }
  if (!printer?.axis_min || !printer.axis_max) return
  const { axis_min: from, axis_max: to } = printer
  const room = { x: to.x - from.x, y: to.y - from.y, z: to.z }
  if (size.x <= room.x + toleranceMm && size.y <= room.y + toleranceMm && size.z <= room.z + toleranceMm) return
  throw new AppError('stl_exceeds_bed', `The model would be ${text(size)}; the printer has room for ${text(room)}.`)
}

function text({ x, y, z }: Size): string {
  return `${x.toFixed(2)} x ${y.toFixed(2)} x ${z.toFixed(2)} mm`
}
