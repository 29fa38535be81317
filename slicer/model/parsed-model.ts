import type { Mesh } from './mesh.ts'
import type { Unit } from './units.ts'

export type ModelFormat = 'stl-binary' | 'stl-ascii' | '3mf' | 'obj'

/** A file as its parser understood it. */
export interface ParsedModel extends Mesh {
  format: ModelFormat
  /** What one number of the positions is, where the file says so. */
  unit: Unit | null
  /** Sentences for the designer: what was wrong with the file, and how it was read nevertheless. */
  repairs: string[]
}
