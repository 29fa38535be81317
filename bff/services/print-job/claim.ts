import { and, asc, eq, inArray, isNull, lte, or, sql } from 'drizzle-orm'
import { preparations, printers, printJobs } from '../../../schema/db/bff/index.ts'
import type { GetPrintJobResponse } from '../../../schema/http/print-jobs.ts'
import { activeJobStates, liveJobStates } from '../../../schema/http/print-jobs.ts'
import { buildOnce } from '../../build-once.ts'
import type { Context } from '../../context.ts'
import { printerActor, requireCurrent } from '../printer/index.ts'
import { describeClaim } from './describe-claim.ts'
import { claimedElsewhere, inQueue, jobOfPrinter, moveJob, type PrintJob } from './internal.ts'
import { endOnNewerPoll } from './newest-poll.ts'

/**
 * The printer's long poll: returns its active job again, else claims its first queued job, else waits up to `waitMs` until the
 * printer is woken. Null when there is no job, when the printer was woken for a new preparation, and when a newer poll of the
 * printer starts to wait.
 * Errors: printer_revoked, token_expired, job_claimed_elsewhere.
 */
export async function claimPrintJob(
  ctx: Context,
  bootNonce: string,
  waitMs: number,
  signal?: AbortSignal,
): Promise<GetPrintJobResponse | null> {
  const { printerId, version } = printerActor(ctx)
  const claim = () => claimNow(ctx, printerId, version, bootNonce)
  const job = waitMs > 0 ? await claimOrWait(ctx, printerId, claim, waitMs, signal) : await claim()
  return job && (await describeClaim(ctx, job))
}

/** Claims again when the printer is woken. `signal` ends the wait. */
async function claimOrWait(
  ctx: Context,
  printerId: string,
  claim: () => Promise<PrintJob | null>,
  waitMs: number,
  signal?: AbortSignal,
): Promise<PrintJob | null> {
  const look = new AbortController()
  const stop = () => look.abort()
  signal?.addEventListener('abort', stop, { once: true })
  if (signal?.aborted) stop()
  // Subscribe before the first query, so that a job queued in between is not missed.
  const woken = ctx.wake.wait(printerId, waitMs, look.signal)
  const poll = endOnNewerPoll(ctx, printerId, stop)
  try {
    const job = await claim()
    if (job) return job
    await poll.begin()
    return (await woken) ? await claim() : null
  } finally {
    poll.leave()
    signal?.removeEventListener('abort', stop)
    stop()
  }
}

/** Costs one SELECT when there is no job. Tries again when the job was claimed or ended after the SELECT. */
async function claimNow(ctx: Context, printerId: string, version: number, bootNonce: string): Promise<PrintJob | null> {
  for (;;) {
    const nextRow = await nextJob(ctx, printerId, version)
    if (!nextRow) return null
    const now = ctx.clock()
    const lease = { bootNonce, leaseUntil: new Date(now.getTime() + ctx.settings.jobLeaseSeconds * 1000) }
    const job =
      nextRow.status === 'queued' ? await claimQueued(ctx, nextRow, lease) : await renewClaim(ctx, nextRow, lease)
    if (job) return job
  }
}

/** The printer's active job, else its first queued job whose slice can still be started. */
async function nextJob(ctx: Context, printerId: string, version: number): Promise<NextJob | null> {
  const [nextRow] = await nextJobQuery(ctx.db).execute({ printerId, now: ctx.clock().toISOString() })
  const printer = await requireCurrent(ctx.db, nextRow?.printer, version)
  await recordSeen(ctx, printer)
  return nextRow?.job ?? null
}

type NextJob = Pick<PrintJob, 'printJobId' | 'printerId' | 'status'>

const nextJobQuery = buildOnce(db => {
  const { printerId, status, tokenVersion, lastSeenAt } = printers
  const { printJobId } = printJobs
  return db
    .select({
      printer: { printerId, status, tokenVersion, lastSeenAt },
      job: { printJobId, printerId: printJobs.printerId, status: printJobs.status },
    })
    .from(printers)
    .leftJoin(
      printJobs,
      and(
        eq(printJobs.printerId, printers.printerId),
        inArray(printJobs.status, [...liveJobStates]),
        or(inArray(printJobs.status, [...activeJobStates]), startable),
      ),
    )
    .where(eq(printers.printerId, sql.placeholder('printerId')))
    .orderBy(sql`${printJobs.status} = 'queued'`, asc(inQueue))
    .limit(1)
    .prepare('next_job')
})

/** Condition: the job's slice has not expired. */
const startable = sql`(SELECT ${preparations.gcodeTtlExpiry} FROM ${preparations}
  WHERE ${preparations.preparationId} = ${printJobs.preparationId}) > ${sql.placeholder('now')}`

interface Lease {
  bootNonce: string
  leaseUntil: Date
}

/** Null when the job was cancelled meanwhile, or another poll of this printer claimed it first. */
async function claimQueued(ctx: Context, job: NextJob, lease: Lease): Promise<PrintJob | null> {
  const now = ctx.clock()
  const first = { ...lease, claimedAt: now, lastWordAt: now, keysGranted: 1 }
  return moveJob(ctx.db, job.printJobId, { from: ['queued'], to: 'claimed', set: first }).catch(nullOnUniqueViolation)
}

/**
 * Returns the active job again to the boot that holds it. Another boot (after a restart, or with a cloned SD card) gets it
 * only when the lease has expired. Null when the job's state has changed meanwhile.
 */
async function renewClaim(ctx: Context, job: NextJob, lease: Lease): Promise<PrintJob | null> {
  const now = ctx.clock()
  const isMine = or(
    eq(printJobs.bootNonce, lease.bootNonce),
    isNull(printJobs.leaseUntil),
    lte(printJobs.leaseUntil, now),
  )!
  const set = { ...lease, lastWordAt: now, keysGranted: sql`${printJobs.keysGranted} + 1` }
  const taken = await moveJob(ctx.db, job.printJobId, { from: [job.status], to: job.status, set, when: isMine })
  if (taken) return taken
  const current = await jobOfPrinter(ctx.db, job.printJobId, job.printerId)
  if (current.status !== job.status) return null
  throw claimedElsewhere(current)
}

/** When two polls of one printer claim at once, the unique index lets one succeed; the other tries again. */
function nullOnUniqueViolation(error: unknown): null {
  const cause = error instanceof Error && error.cause ? error.cause : error
  if (cause instanceof Error && 'code' in cause && cause.code === '23505') return null
  throw error
}

// Not on every poll: that would be a write every 25 s for each idle printer, for a time that is shown in minutes.
const recordSeenEveryMs = 60_000

async function recordSeen(ctx: Context, printer: { printerId: string; lastSeenAt: Date | null }): Promise<void> {
  const now = ctx.clock()
  if (printer.lastSeenAt && now.getTime() - printer.lastSeenAt.getTime() < recordSeenEveryMs) return
  await ctx.db.update(printers).set({ lastSeenAt: now }).where(eq(printers.printerId, printer.printerId))
}
