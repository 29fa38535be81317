import { z } from 'zod'
import type { EdgeContext } from '../context.ts'
import type { Job, Outcome } from './job.ts'

const historyAnswer = z.object({
  jobs: z.array(
    z.object({
      job_id: z.string(),
      filename: z.string(),
      status: z.string(),
      print_duration: z.number().nullish(),
      total_duration: z.number().nullish(),
      filament_used: z.number().nullish(),
    }),
  ),
})
type HistoryEntry = z.infer<typeof historyAnswer>['jobs'][number]

async function latest(ctx: EdgeContext): Promise<HistoryEntry[]> {
  const { jobs } = await ctx.moonraker.call('server.history.list', { limit: 20, order: 'desc' }, historyAnswer)
  return jobs
}

/** The history's id of the print that runs now; null when it is not listed there (yet). */
export async function currentHistoryId(ctx: EdgeContext, filename: string): Promise<string | null> {
  const [first] = await latest(ctx)
  return first?.status === 'in_progress' && first.filename === filename ? first.job_id : null
}

/** How the job's print ended by Moonraker's history; null while that does not say. */
export async function askHistory(ctx: EdgeContext, job: Job): Promise<Outcome | null> {
  const { print } = job.record
  const jobs = await latest(ctx)
  const entry = print?.history_id
    ? jobs.find(one => one.job_id === print.history_id)
    : jobs.find(one => one.filename === print?.filename)
  if (!entry || entry.status === 'in_progress') return null
  const stats = {
    print_duration_s: Math.max(0, entry.print_duration ?? 0),
    total_duration_s: Math.max(0, entry.total_duration ?? 0),
    filament_used_mm: entry.filament_used ?? 0,
  }
  if (entry.status === 'completed') return { status: 'success', stats: { ...stats, progress: 1 } }
  const reason = entry.status.slice(0, 40)
  return { status: 'failure', error: `The printer's history says: ${reason}.`, stats: { ...stats, reason } }
}
