import { arch, cpus, platform, release, totalmem } from 'node:os'
import type { Bars } from './bars.ts'

/** What a bench measured, by name; units are in the names (`seal_mb_per_s`). */
export type Figures = Record<string, unknown>

/** One run of a bench, as `--json` prints it: the figures are fields beside these. */
export interface Result extends Figures {
  bench: string
  bars: Bars
  seconds: number
  machine: Machine
}

/** A run that ended without figures. */
export interface Failure {
  bench: string
  reason: string
}

export interface Machine {
  cpu: string
  cores: number
  memory_gb: number
  system: string
  node: string
}

export function thisMachine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memory_gb: Math.round(totalmem() / 1e9),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.version,
  }
}

/** The figures of a result, without what describes the run. */
export function figuresOf({
  bench: _bench,
  bars: _bars,
  seconds: _seconds,
  machine: _machine,
  ...figures
}: Result): Figures {
  return figures
}
