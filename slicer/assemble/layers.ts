import type { Point } from './outline.ts'

/** One layer of a body, as it was read from the engine. */
export interface Layer {
  /** From 0. */
  n: number
  /** Of its top, in mm. */
  z: number
  height: number
  /** Where its lines are in the body: the first byte, and the one after the last. */
  from: number
  to: number
  /** Where the head is when it ends. */
  end: { x: number; y: number; z: number }
}

/** What is known of the engine's moves when all of them were read. */
export interface Body {
  layers: Layer[]
  /** The greatest z of a layer. */
  maxZ: number
  /** Around all that the first layer lays down: the object with its skirt, brim and supports. */
  firstLayer: { outline: Point[]; min: Point; max: Point }
  /** The same of all layers. */
  printed: { outline: Point[]; min: Point; max: Point }
}
