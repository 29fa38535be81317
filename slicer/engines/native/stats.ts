import type { SliceStats } from '../engine.ts'

const units: Record<string, number> = { d: 86_400, h: 3600, m: 60, s: 1 }

/**
 * Reads the comments after the last layer, which are the same in PrusaSlicer and OrcaSlicer: "; filament used [mm] = 12.3",
 * "; estimated printing time (normal mode) = 1h 2m 3s".
 */
export function readStats(tail: string): Pick<SliceStats, 'estimated_time_s' | 'filament_mm'> {
  const [, filament] = /^; filament used \[mm\] = ([\d.]+)/m.exec(tail) ?? []
  const [, time = ''] = /^; estimated printing time \(normal mode\) = (.*)$/m.exec(tail) ?? []
  const seconds = [...time.matchAll(/(\d+)([dhms])/g)].map(
    ([, count, unit = 's']) => Number(count) * (units[unit] ?? 0),
  )
  return { estimated_time_s: seconds.reduce((sum, part) => sum + part, 0), filament_mm: Number(filament ?? 0) }
}
