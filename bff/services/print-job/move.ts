import { and, asc, eq } from 'drizzle-orm'
import { printJobs } from '../../../schema/db/bff/index.ts'
import type { MoveJobResponse } from '../../../schema/http/print-jobs.ts'
import { type Context, requireUser } from '../../context.ts'
import { inTransaction } from '../../transaction.ts'
import { jobNotActive, jobOfUser, type PrintJob } from './internal.ts'
import { toPrintJobResponse } from './list.ts'

/**
 * Moves a queued job to a position among the queued jobs of its printer; 0 is the next, and a position beyond the end is the end.
 * Returns these jobs in their new order. Errors: not_found, forbidden, job_ended (also when the printer has
 * claimed it).
 */
export async function moveInQueue(ctx: Context, jobId: string, position: number): Promise<MoveJobResponse> {
  const { userId } = requireUser(ctx)
  return inTransaction(ctx, async tx => {
    const { printerId } = await jobOfUser(tx, jobId, userId)
    const queued = await tx
      .select()
      .from(printJobs)
      .where(and(eq(printJobs.printerId, printerId), eq(printJobs.status, 'queued')))
      // The order of end-of-printer.ts, which also locks them.
      .orderBy(asc(printJobs.purchaseId), asc(printJobs.printJobId))
      .for('update')
    // Sorted here: PostgreSQL sorts before it waits for the locks, so that its order may be older than its rows.
    queued.sort((a, b) => placeOf(a) - placeOf(b) || a.printJobId.localeCompare(b.printJobId))
    const moved = queued.find(job => job.printJobId === jobId)
    if (!moved) throw jobNotActive(await jobOfUser(tx, jobId, userId))
    const others = queued.filter(job => job !== moved)
    const order = [...others.slice(0, position), moved, ...others.slice(position)]
    // All get times before the first one's: a job that is queued meanwhile comes after them.
    const first = placeOf(queued[0]!)
    const placed = order.map((job, at) => ({ ...job, queuedAt: new Date(first - order.length + at) }))
    for (const { printJobId, queuedAt } of placed) {
      await tx.update(printJobs).set({ queuedAt }).where(eq(printJobs.printJobId, printJobId))
    }
    return { print_jobs: placed.map(toPrintJobResponse) }
  })
}

const placeOf = ({ queuedAt, createdAt }: PrintJob) => (queuedAt ?? createdAt).getTime()
