/**
 * What passes between the slicer and the `three` engine's child process. Nothing of it touches a file:
 *
 *     stdin   u32 big-endian length | JSON request | STL to the end
 *     stdout  the body (see engine.ts)
 *     fd 3    JSON lines: progress, then `done` or `failed`
 *
 * No imports: the child reads nothing but itself and the engine.
 */
export const reportFd = 3
export const requestLengthSize = 4

export interface ThreeRequest {
  stl_bytes: number
  model_height: number
  /** The profile's settings under Orca's names, as they came. */
  settings: Record<string, unknown>
  bed: { width: number; depth: number; height: number; min_x: number; min_y: number }
}

export type ThreeReport =
  | { type: 'progress'; done: number; total: number }
  | {
      type: 'done'
      layers: number
      estimated_time_s: number
      filament_mm: number
      is_over_bed: boolean
      warnings: string[]
    }
  | { type: 'failed'; message: string }
