import { z } from 'zod'
import type { EdgeContext } from '../context.ts'
import type { HistoryEnd } from './job/outcome.ts'
import type { JobRecord } from './job/record.ts'

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
type Print = NonNullable<JobRecord['print']>

async function latest(ctx: EdgeContext): Promise<HistoryEntry[]> {
  const { jobs } = await ctx.moonraker.call('server.history.list', { limit: 20, order: 'desc' }, historyAnswer)
  return jobs
}

/** An id that is less than every id of the history. */
const beforeAllIds = '-1'

/**
 * The id of the newest print that is over, or one less than every id when there is none. The running print may be listed or not.
 */
export async function lastHistoryId(ctx: EdgeContext): Promise<string> {
  const jobs = await latest(ctx)
  return jobs.find(one => one.status !== 'in_progress')?.job_id ?? beforeAllIds
}

/** The history's id of the running print; null while it is not listed. */
export async function currentHistoryId(ctx: EdgeContext, print: Print): Promise<string | null> {
  const [first] = await latest(ctx)
  return first?.status === 'in_progress' && isOf(print, first) ? first.job_id : null
}

/** Whether the entry belongs to the print. Ids are increasing numbers in base 16. */
function isOf({ filename, history_id: id, history_after: after }: Print, entry: HistoryEntry): boolean {
  if (id !== null) return entry.job_id === id
  // Older prints of the same file cannot be told apart from this one.
  if (after === null) return false
  return entry.filename === filename && Number.parseInt(entry.job_id, 16) > Number.parseInt(after, 16)
}

/** The print in Moonraker's history, when it is over there. Errors: MoonrakerError, printer_offline. */
export async function findEnd(ctx: EdgeContext, print: Print): Promise<HistoryEnd | null> {
  const entry = (await latest(ctx)).find(one => isOf(print, one))
  if (!entry) return null
  const stats = {
    print_duration_s: Math.max(0, entry.print_duration ?? 0),
    total_duration_s: Math.max(0, entry.total_duration ?? 0),
    filament_used_mm: Math.max(0, entry.filament_used ?? 0),
  }
  return { status: entry.status, stats }
}
