import { and, eq, inArray, isNull, type SQL, sql } from 'drizzle-orm'
import type { PgUpdateSetSource } from 'drizzle-orm/pg-core'
import { printJobs, purchases } from '../../../schema/db/bff/index.ts'
import { AppError } from '../../../schema/http/errors.ts'
import { activeJobStates, type JobStatus, liveJobStates } from '../../../schema/http/print-jobs.ts'
import type { Context, Queryable } from '../../context.ts'
import { wakePrinter } from '../../wake.ts'
import { appendMessage } from '../outbox/index.ts'

export type PrintJob = typeof printJobs.$inferSelect
export type JobChange = PgUpdateSetSource<typeof printJobs>

/** Orders queued jobs: the next one first. */
export const inQueue = sql`coalesce(${printJobs.queuedAt}, ${printJobs.createdAt})`

/**
 * The only way a job changes its state: one conditional UPDATE. Null when the job is in none of the states `from`, or `when`
 * is false: another request was first, and the caller must read the job again.
 */
export async function moveJob(
  tx: Queryable,
  jobId: string,
  move: { from: readonly JobStatus[]; to: JobStatus; set?: JobChange; when?: SQL },
): Promise<PrintJob | null> {
  const [moved] = await tx
    .update(printJobs)
    .set({ ...move.set, status: move.to })
    .where(and(eq(printJobs.printJobId, jobId), inArray(printJobs.status, [...move.from]), move.when))
    .returning()
  return moved ?? null
}

/** Stores a request (cancel, pause, resume) for the printer that holds the job, and wakes it. Null when no printer holds it. */
export async function requestOfPrinter(tx: Queryable, jobId: string, wish: JobChange): Promise<PrintJob | null> {
  for (const state of activeJobStates) {
    const asked = await moveJob(tx, jobId, { from: [state], to: state, set: wish })
    if (!asked) continue
    await wakePrinter(tx, asked.printerId)
    return asked
  }
  return null
}

/** Adds the message that makes the CWS refuse every grant of the job, in the transaction that ends the job. */
export async function closeGrants(ctx: Context, tx: Queryable, job: PrintJob): Promise<void> {
  if (job.keysGranted === 0) return
  await appendMessage(ctx, tx, { channel: 'end-job', type: 'end_job', payload: { job: job.printJobId } })
}

/** Reserves one right for a job. False when none is left, or too many attempts failed in a row. */
export async function reserveRight(tx: Queryable, purchaseId: string, attemptsLimit: number): Promise<boolean> {
  const taken = await tx
    .update(purchases)
    .set({ printsReserved: sql`${purchases.printsReserved} + 1` })
    .where(
      and(
        eq(purchases.purchaseId, purchaseId),
        eq(purchases.status, 'active'),
        sql`${purchases.printsUsed} + ${purchases.printsReserved} < ${purchases.printsAllowed}`,
        sql`${purchases.attempts} < ${attemptsLimit}`,
      ),
    )
    .returning({ purchaseId: purchases.purchaseId })
  return taken.length === 1
}

/** Failures before the first line that do not count as attempts, per purchase. Limited because a printer may report falsely. */
export const unprintedLimit = 20

/**
 * Gives an ended job's right back. A job whose key was granted counts as an attempt, since it may have printed something.
 * Exception: the printer never reported printing and reports 0 lines; at most unprintedLimit times per purchase.
 */
export async function releaseRight(tx: Queryable, job: PrintJob): Promise<void> {
  const byId = eq(purchases.purchaseId, job.purchaseId)
  // This UPDATE comes first because it locks the row: of two jobs that end at once, the second counts the first.
  await tx
    .update(purchases)
    .set({ printsReserved: sql`${purchases.printsReserved} - 1` })
    .where(byId)
  if (job.keysGranted === 0) return
  if (isUnprinted(job) && (await countUnprinted(tx, job.purchaseId)) <= unprintedLimit) return
  await tx
    .update(purchases)
    .set({ attempts: sql`${purchases.attempts} + 1` })
    .where(byId)
}

function isUnprinted({ status, startedAt, stats }: PrintJob): boolean {
  return status === 'failure' && startedAt === null && stats?.lines === 0
}

/** The number of a purchase's jobs that ended unprinted, including the one that ends now. */
async function countUnprinted(tx: Queryable, purchaseId: string): Promise<number> {
  const jobs = await tx
    .select()
    .from(printJobs)
    .where(and(eq(printJobs.purchaseId, purchaseId), eq(printJobs.status, 'failure'), isNull(printJobs.startedAt)))
  return jobs.filter(job => job.keysGranted > 0 && isUnprinted(job)).length
}

/** Turns a job's reservation into a used right. Returns the number of used rights. */
export async function useRight(tx: Queryable, job: PrintJob): Promise<number> {
  const [row] = await tx
    .update(purchases)
    .set({
      printsReserved: sql`${purchases.printsReserved} - 1`,
      printsUsed: sql`${purchases.printsUsed} + 1`,
      attempts: 0,
    })
    .where(eq(purchases.purchaseId, job.purchaseId))
    .returning({ printsUsed: purchases.printsUsed })
  if (!row) throw new Error(`purchase ${job.purchaseId} of job ${job.printJobId} is gone`)
  return row.printsUsed
}

/** A job that belongs to the printer. Errors: not_found, forbidden. */
export async function jobOfPrinter(tx: Queryable, jobId: string, printerId: string): Promise<PrintJob> {
  const [job] = await tx.select().from(printJobs).where(eq(printJobs.printJobId, jobId))
  if (!job) throw new AppError('not_found', `There is no print job ${jobId}.`)
  if (job.printerId !== printerId) throw new AppError('forbidden', 'That print job belongs to another printer.')
  return job
}

/** A job of the user. Errors: not_found, forbidden. */
export async function jobOfUser(tx: Queryable, jobId: string, userId: string): Promise<PrintJob> {
  const [job] = await tx.select().from(printJobs).where(eq(printJobs.printJobId, jobId))
  if (!job) throw new AppError('not_found', `There is no print job ${jobId}.`)
  if (job.userId !== userId) throw new AppError('forbidden', 'That print job belongs to somebody else.')
  return job
}

/** Refuses a request from a boot that does not hold the job. Errors: job_claimed_elsewhere. */
export function requireHolder(job: PrintJob, bootNonce: string): void {
  if (job.bootNonce !== bootNonce) throw claimedElsewhere(job)
}

export function claimedElsewhere({ printJobId, status }: Pick<PrintJob, 'printJobId' | 'status'>): AppError {
  const held = "is held by a previous run of this printer's LMNT service. It is released within a minute."
  const words = isOneOf(activeJobStates, status) ? held : `is not held by this printer: it ${nowIs(status)}.`
  return new AppError('job_claimed_elsewhere', `Print job ${printJobId} ${words}`)
}

/** The error for a request that needs an active job. */
export function jobNotActive({ printJobId, status }: Pick<PrintJob, 'printJobId' | 'status'>): AppError {
  const advice = isOneOf(liveJobStates, status) ? ' Try again when that has changed.' : ''
  return new AppError('job_ended', `Print job ${printJobId} ${nowIs(status)}.${advice}`)
}

function nowIs(status: JobStatus): string {
  return isOneOf(liveJobStates, status) ? `is ${status}` : `has ended as ${status}`
}

export function isOneOf(states: readonly JobStatus[], status: JobStatus): boolean {
  return states.includes(status)
}
