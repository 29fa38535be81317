import { readFileSync } from 'node:fs'
import { arch, cpus, platform, release, totalmem } from 'node:os'
import { packages } from '../../local/printer/environment.ts'
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
  /** What is measured, or measured against, with versions. */
  versions: string[]
}

export function thisMachine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memory_gb: Math.round(totalmem() / 1e9),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.version,
    versions: [...packages, ...versionsOf('hono', 'postgres', 'three-slicer')],
  }
}

/** As package.json pins them. */
function versionsOf(...names: string[]): string[] {
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: Record<string, string> }
  return names.map(name => `${name} ${dependencies[name]}`)
}

/** The figures of a result, without what describes the run. */
function figuresOf({ bench: _bench, bars: _bars, seconds: _seconds, machine: _machine, ...figures }: Result): Figures {
  return figures
}

/** The figures of a result with those of its inner objects, by their path: `noop.stream.pause_ms`. */
export function flatFigures(result: Result): Figures {
  return Object.fromEntries(Object.entries(figuresOf(result)).flatMap(([name, value]) => flat(name, value)))
}

function flat(name: string, value: unknown): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[name, value]]
  return Object.entries(value).flatMap(([key, inner]) => flat(`${name}.${key}`, inner))
}
