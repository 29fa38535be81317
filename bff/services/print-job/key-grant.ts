import { and, eq, inArray, sql } from 'drizzle-orm'
import { printJobs } from '../../../schema/db/bff/index.ts'
import { activeJobStates } from '../../../schema/http/print-jobs.ts'
import type { Context } from '../../context.ts'
import { requirePrinter } from '../printer/index.ts'
import { countUse } from '../throttle.ts'
import { jobNotActive, jobOfPrinter, requireHolder } from './internal.ts'

/**
 * Issues one more grant to the printer, to open its active job's key again.
 * Errors: job_ended, job_claimed_elsewhere, too_many_requests.
 */
export async function grantKey(
  ctx: Context,
  jobId: string,
  bootNonce: string,
): Promise<{ cws_token: string; cws_url: string; expires_in: number }> {
  const printer = await requirePrinter(ctx)
  const look = () => jobOfPrinter(ctx.db, jobId, printer.printerId)
  await look()
  await countUse(ctx, { kind: 'key-grant', name: jobId })
  // The UPDATE itself checks the holder: another boot may take the job over at any moment.
  const isHeld = and(eq(printJobs.bootNonce, bootNonce), inArray(printJobs.status, [...activeJobStates]))
  const counted = await ctx.db
    .update(printJobs)
    .set({ keysGranted: sql`${printJobs.keysGranted} + 1` })
    .where(and(eq(printJobs.printJobId, jobId), isHeld))
    .returning({ id: printJobs.printJobId })
  if (counted.length === 0) {
    const job = await look()
    requireHolder(job, bootNonce)
    throw jobNotActive(job)
  }
  const { token, expiresIn } = await ctx.tokens.grant(printer.printerId, jobId, [`printer:${printer.printerId}`])
  return { cws_token: token, cws_url: ctx.settings.cwsUrl, expires_in: expiresIn }
}
