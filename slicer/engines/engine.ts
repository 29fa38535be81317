import type { Vec3 } from '../model/mesh.ts'
import type { PrintProfile } from '../profiles/profile.ts'

/** The most that an engine may make. */
export const maxGcodeBytes = 2 ** 30

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
  /** Receives the body as it is made, cut anywhere. The engine waits for the promise, so a slow receiver fills no memory. */
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
 * Something that makes the tool paths of a model: the body of its G-code, which is the layers and nothing around them. The
 * printer's own G-code comes around and between them afterwards, the same for every engine.
 *
 * A body has absolute coordinates and relative extrusion (M83), and sets no mode, no heater and no limit of the printer's.
 * Each of its layers begins with the line of layer-mark.ts, then come moves (G0 to G3), G92 E0, M106 and M107, and comments.
 *
 * An engine runs outside of this process, and gets a model that was checked and a profile
 * that was read and found possible.
 */
export interface Engine {
  name: string
  version: string
  /** Of the engine, as SPDX names it, and where its source is: an AGPL engine must say so to who uses it over a network. */
  license: string
  source_url: string
  /** Settings of Orca's that shape a print and that it does not follow, whatever their values are. */
  ignores: readonly string[]
  /** Sentences about the profile's settings that it does not follow. No engine runs for it. */
  warningsFor?: (profile: PrintProfile) => string[]
  /** Errors: engine_failed, engine_timeout, profile_invalid (a setting that only the engine can refuse). */
  slice: (model: SliceableModel, profile: PrintProfile, options: SliceOptions) => Promise<SliceStats>
}
