import type { Point } from './outline.ts'

/** One layer of a toolpath body. */
export interface Layer {
  /** From 0. */
  n: number
  /** Height of the layer's top above the bed, in mm. */
  z: number
  height: number
  /** The byte range of its lines in the body: `to` is the byte after the last. */
  from: number
  to: number
  /** The head's position at the end of the layer. */
  end: { x: number; y: number; z: number }
}

/** The measurements of a whole toolpath body. */
export interface Body {
  layers: Layer[]
  /** The greatest z of a layer. */
  maxZ: number
  /** The extent of the first layer's extrusion: the object with its skirt, brim and supports. */
  firstLayer: { outline: Point[]; min: Point; max: Point }
  /** The extent of all layers' extrusion. */
  printed: { outline: Point[]; min: Point; max: Point }
}
