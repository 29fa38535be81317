import { and, asc, eq } from 'drizzle-orm'
import { printJobs } from '../../../schema/db/bff/index.ts'
import type { MoveJobResponse } from '../../../schema/http/print-jobs.ts'
import { type Context, requireUser } from '../../context.ts'
import { inTransaction } from '../../transaction.ts'
import { inQueue, jobNotActive, jobOfUser } from './internal.ts'
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
      .orderBy(asc(inQueue), asc(printJobs.printJobId))
      .for('update')
    const moved = queued.find(job => job.printJobId === jobId)
    if (!moved) throw jobNotActive(await jobOfUser(tx, jobId, userId))
    const others = queued.filter(job => job !== moved)
    const order = [...others.slice(0, position), moved, ...others.slice(position)]
    // All before the first of now: a job that is queued meanwhile comes after them.
    const first = queued.reduce((least, job) => Math.min(least, (job.queuedAt ?? job.createdAt).getTime()), Infinity)
    const placed = order.map((job, at) => ({ ...job, queuedAt: new Date(first - order.length + at) }))
    for (const { printJobId, queuedAt } of placed) {
      await tx.update(printJobs).set({ queuedAt }).where(eq(printJobs.printJobId, printJobId))
    }
    return { print_jobs: placed.map(toPrintJobResponse) }
  })
}
