/** Messages between the slicer and the `three` engine's child (see sandbox/pipes.ts). stdout is the body (see engine.ts). */

export interface ThreeRequest {
  stl_bytes: number
  model_height: number
  /** The profile's settings under Orca's names. */
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
