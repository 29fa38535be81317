import type { Vec3 } from '../model/mesh.ts'
import type { PrintProfile } from '../profiles/profile.ts'

/** The limit on an engine's output. */
export const maxGcodeBytes = 2 ** 30
/** The words for an engine's child in messages. */
export const slicing = { verb: 'Slicing', product: 'The G-code' }

export interface SliceableModel {
  /** Binary STL, written by ourselves, centred over the origin and standing on z = 0. */
  stl: Buffer
  size: Vec3
}

export interface SliceOptions {
  /** Ends the slice; `slice` then rejects with the signal's reason. */
  signal: AbortSignal
  /** 0 to 1, as far as the engine knows. */
  onProgress: (part: number) => void
  /** Receives the toolpath body in chunks, cut anywhere. The engine waits for the promise, so memory stays bounded. */
  onGcode: (chunk: Buffer) => Promise<void>
}

export interface SliceStats {
  layers: number
  estimated_time_s: number
  filament_mm: number
  /** Sentences for the buyer about settings of the profile that the engine did not follow. */
  warnings: string[]
}

/**
 * Makes the tool paths of a model: the toolpath body, which is the layers of its G-code without anything around them. Called
 * `body` throughout the slicer. The printer's own G-code is added around and between the layers afterwards, for every engine.
 *
 * A toolpath body has absolute coordinates and relative extrusion (M83), and sets no mode, no heater and no limit of the printer.
 * Each layer begins with the line of layer-mark.ts, followed by moves (G0 to G3), G92 E0, M106 and M107, and comments.
 *
 * An engine runs outside this process. Its model and its profile have been checked.
 */
export interface Engine {
  name: string
  version: string
  /** The license's SPDX identifier, and the address of the source: the AGPL requires both to be offered to network users. */
  license: string
  source_url: string
  /** Settings of Orca that shape a print and that the engine ignores. */
  ignores: readonly string[]
  /** Sentences about the profile's settings that the engine does not follow. Computed without running the engine. */
  warningsFor?: (profile: PrintProfile) => string[]
  /** Errors: engine_failed, engine_timeout, profile_invalid (a setting that only the engine can refuse). */
  slice: (model: SliceableModel, profile: PrintProfile, options: SliceOptions) => Promise<SliceStats>
}
