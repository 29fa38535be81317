import { and, desc, eq, type SQL, sql } from 'drizzle-orm'
import type { z } from 'zod'
import { printJobs } from '../../../schema/db/bff/index.ts'
import {
  activeJobStates,
  type PrintJobListResponse,
  type PrintJobResponse,
  type printJobListQuery,
} from '../../../schema/http/print-jobs.ts'
import { buildOnce } from '../../build-once.ts'
import { type Context, type Queryable, requireUser } from '../../context.ts'
import { cutPage, isAfter, startOf, startPlaceholders } from '../page.ts'
import { isOneOf, type PrintJob } from './internal.ts'

/** A page of a user's print jobs, newest first. */
export async function listPrintJobs(
  ctx: Context,
  input: z.infer<typeof printJobListQuery>,
): Promise<PrintJobListResponse> {
  const { userId } = requireUser(ctx)
  const isChosen = and(
    input.purchase_id ? eq(printJobs.purchaseId, input.purchase_id) : undefined,
    input.printer_id ? eq(printJobs.printerId, input.printer_id) : undefined,
  )
  const query = isChosen ? pageQuery(ctx.db, isChosen) : pageOfAll(ctx.db)
  const rows = await query.execute({ userId, ...startOf(input) })
  const { page, next_cursor } = cutPage(rows.map(toPrintJobResponse), input, job => ({
    at: new Date(job.created_at),
    id: job.print_job_id,
  }))
  return { print_jobs: page, next_cursor }
}

const pageOfAll = buildOnce(db => pageQuery(db))

function pageQuery(db: Queryable, isChosen?: SQL) {
  const { userId, createdAt, printJobId } = printJobs
  return db
    .select()
    .from(printJobs)
    .where(and(eq(userId, sql.placeholder('userId')), isChosen, isAfter(startPlaceholders, createdAt, printJobId)))
    .orderBy(desc(createdAt), desc(printJobId))
    .limit(startPlaceholders.limit)
    .prepare('page_of_print_jobs')
}

export function toPrintJobResponse(job: PrintJob): PrintJobResponse {
  const isActive = isOneOf(activeJobStates, job.status)
  return {
    print_job_id: job.printJobId,
    purchase_id: job.purchaseId,
    printer_id: job.printerId,
    status: job.status,
    cancel_requested: job.cancelRequested,
    pause_requested: job.pauseRequested,
    progress: job.progress,
    printer_state: isActive ? job.printerState : null,
    printer_message: isActive ? job.printerMessage : null,
    outcome: job.outcome,
    error: job.error,
    stats: job.stats,
    last_word_at: job.lastWordAt?.toISOString() ?? null,
    created_at: job.createdAt.toISOString(),
    queued_at: job.queuedAt?.toISOString() ?? null,
    ended_at: job.endedAt?.toISOString() ?? null,
  }
}
