import { and, desc, eq } from 'drizzle-orm'
import type { z } from 'zod'
import { printJobs } from '../../../schema/db/bff.ts'
import type { PrintJobResponse, printJobListQuery } from '../../../schema/http/print-jobs.ts'
import { type Context, requireUser } from '../../context.ts'
import type { PrintJob } from './internal.ts'

/** A user's print jobs, newest first. */
export async function listPrintJobs(
  ctx: Context,
  input: z.infer<typeof printJobListQuery>,
): Promise<PrintJobResponse[]> {
  const { userId } = requireUser(ctx)
  const rows = await ctx.db
    .select()
    .from(printJobs)
    .where(
      and(
        eq(printJobs.userId, userId),
        input.purchase_id ? eq(printJobs.purchaseId, input.purchase_id) : undefined,
        input.printer_id ? eq(printJobs.printerId, input.printer_id) : undefined,
      ),
    )
    .orderBy(desc(printJobs.createdAt))
    .limit(input.limit)
  return rows.map(toPrintJobResponse)
}

export function toPrintJobResponse(job: PrintJob): PrintJobResponse {
  return {
    print_job_id: job.printJobId,
    purchase_id: job.purchaseId,
    printer_id: job.printerId,
    status: job.status,
    cancel_requested: job.cancelRequested,
    pause_requested: job.pauseRequested,
    progress: job.progress,
    error: job.error,
    stats: job.stats,
    last_word_at: job.lastWordAt?.toISOString() ?? null,
    created_at: job.createdAt.toISOString(),
    ended_at: job.endedAt?.toISOString() ?? null,
  }
}
