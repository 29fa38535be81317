import type { PrintStatsStatus } from '../klippy/print-stats.ts'

export interface HistoryJob {
  job_id: string
  filename: string
  status: string
  start_time: number
  end_time: number | null
  print_duration: number
  total_duration: number
  filament_used: number
  exists: boolean
}

const kept = 200

export type History = ReturnType<typeof createHistory>

/** Moonraker's [history]: follows print_stats from outside, and names an end in its own words. */
export function createHistory(exists: (filename: string) => boolean, now: () => number) {
  const jobs: HistoryJob[] = []
  let count = 0
  let current: HistoryJob | null = null

  function finish(status: string): void {
    if (!current) return
    current.status = status
    current.end_time = now()
    current = null
  }

  return {
    /** To be called with every look at print_stats. */
    follow(stats: PrintStatsStatus): void {
      if (current && stats.state === 'printing' && stats.total_duration < current.total_duration) finish('interrupted')
      if (!current && (stats.state === 'printing' || stats.state === 'paused')) {
        const { filename } = stats
        const id = (count++).toString(16).toUpperCase().padStart(6, '0')
        current = {
          job_id: id,
          filename,
          status: 'in_progress',
          start_time: now(),
          end_time: null,
          ...zeros,
          exists: true,
        }
        jobs.unshift(current)
        jobs.length = Math.min(jobs.length, kept)
      }
      if (!current) return
      const { print_duration, total_duration, filament_used } = stats
      Object.assign(current, stats.state === 'standby' ? {} : { print_duration, total_duration, filament_used })
      if (stats.state === 'complete') finish('completed')
      else if (stats.state === 'cancelled' || stats.state === 'standby') finish('cancelled')
      else if (stats.state === 'error') finish('error')
    },
    finish,
    list(limit: number, start: number, order: 'asc' | 'desc') {
      const ordered = order === 'desc' ? jobs : [...jobs].reverse()
      const page = ordered.slice(start, start + limit).map(job => ({ ...job, exists: exists(job.filename) }))
      return { count: jobs.length, jobs: page }
    },
  }
}

const zeros = { print_duration: 0, total_duration: 0, filament_used: 0 }
