import type { Mesh } from './mesh.ts'
import type { Unit } from './units.ts'

export type ModelFormat = 'stl-binary' | 'stl-ascii' | '3mf' | 'obj'

/** The geometry of a file, in the file's units. */
export interface ParsedModel extends Mesh {
  format: ModelFormat
  /** Unit of the positions, when the file states one. */
  unit: Unit | null
  /** Sentences for the designer: each says what was wrong with the file and how it was read. */
  repairs: string[]
}
