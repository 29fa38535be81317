import { createHash } from 'node:crypto'
import type { PrintState } from './print-stats.ts'

export interface LastRun {
  filename: string
  /** The JOB of STREAM_GCODE_LINE, or null for an ordinary file. */
  job: string | null
  state: PrintState
  lines: number
  layers: number
  bytes: number
  /** The hash of all lines that were run, newlines included. */
  sha256: string
}

export type RunRecord = ReturnType<typeof startRunRecord>

/** Counts and hashes the lines that a print runs. The lines themselves are not kept. */
export function startRunRecord(filename: string, job: string | null) {
  const hash = createHash('sha256')
  let bytes = 0
  let lines = 0
  // Slicers mark a layer by a comment, by SET_PRINT_STATS_INFO or by both.
  const layers = { comment: 0, command: 0 }
  return {
    job: () => job,
    lines: () => lines,
    addLine(): void {
      lines++
    },
    addLayer(mark: keyof typeof layers): number {
      return ++layers[mark]
    },
    addBytes(run: Buffer): void {
      hash.update(run)
      bytes += run.length
    },
    read: (state: PrintState): LastRun => ({
      filename,
      job,
      state,
      lines,
      layers: Math.max(layers.comment, layers.command),
      bytes,
      sha256: hash.copy().digest('hex'),
    }),
  }
}
