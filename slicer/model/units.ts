/** Units of model files, and the units that a model's size suggests. */
import { settableUnits } from '../../schema/http/model-limits.ts'
import type { ModelUnits } from '../../schema/http/models.ts'
import type { Vec3 } from './mesh.ts'

/** `ModelUnits`, which a designer may set, and further units that a 3MF file may state. */
export type Unit = ModelUnits | 'micron' | 'cm' | 'foot'

export const mmPerUnit: Record<Unit, number> = { micron: 0.001, mm: 1, cm: 10, inch: 25.4, foot: 304.8, m: 1000 }

export const unitNames: Record<Unit, string> = {
  micron: 'micrometres',
  mm: 'millimetres',
  cm: 'centimetres',
  inch: 'inches',
  foot: 'feet',
  m: 'metres',
}

export interface UnitSuggestion {
  units: ModelUnits
  /** The model's size when its numbers are in that unit. */
  dimensions_mm: Vec3
}

/** Common range of a printed part's longest side. */
const usualMm = { least: 5, most: 500 }
/** A part below this volume (3 x 3 x 1 mm) was usually drawn in inches or metres; OrcaSlicer asks below it, too. */
const suspectMm3 = 9
/** A longest side outside this range is suspect at any volume. */
const suspectSideMm = { least: 1, most: 500 }

/**
 * Returns the other units in which a model of this size would have a usual one, the most likely first; none when its size
 * is usual already.
 */
export function suggestUnits(sizeMm: Vec3, unit: Unit): UnitSuggestion[] {
  const longest = Math.max(sizeMm.x, sizeMm.y, sizeMm.z)
  const isSuspect =
    longest < suspectSideMm.least ||
    longest > suspectSideMm.most ||
    (longest < 25 && sizeMm.x * sizeMm.y * sizeMm.z < suspectMm3)
  if (!isSuspect) return []
  return settableUnits
    .filter(units => units !== unit)
    .map(units => ({ units, dimensions_mm: scaled(sizeMm, mmPerUnit[units] / mmPerUnit[unit]) }))
    .filter(({ dimensions_mm: { x, y, z } }) => {
      const side = Math.max(x, y, z)
      return side >= usualMm.least && side <= usualMm.most
    })
    .sort((a, b) => b.dimensions_mm.x - a.dimensions_mm.x)
}

function scaled({ x, y, z }: Vec3, factor: number): Vec3 {
  return { x: x * factor, y: y * factor, z: z * factor }
}
