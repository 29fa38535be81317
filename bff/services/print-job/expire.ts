import { and, eq, inArray, lte, or, sql } from 'drizzle-orm'
import { preparations, printJobs } from '../../../schema/db/bff/index.ts'
import type { Context } from '../../context.ts'
import { inTransaction } from '../../transaction.ts'
import { closeGrants, moveJob, releaseRight } from './internal.ts'

const batch = 200

/** For the tick: ends jobs whose slice has expired, and prints without a report for days. Returns the number of ended jobs. */
export async function expirePrintJobs(ctx: Context): Promise<number> {
  const now = ctx.clock()
  const silentSince = new Date(now.getTime() - ctx.settings.printingMaxDays * 24 * 3600_000)
  // Checked again by the UPDATE: a report may arrive in between.
  const isSilent = and(
    eq(printJobs.status, 'printing'),
    lte(sql`coalesce(${printJobs.lastWordAt}, ${printJobs.createdAt})`, silentSince.toISOString()),
  )
  const due = await ctx.db
    .select({ job: printJobs })
    .from(printJobs)
    .innerJoin(preparations, eq(preparations.preparationId, printJobs.preparationId))
    .where(or(and(inArray(printJobs.status, ['queued', 'claimed']), lte(preparations.gcodeTtlExpiry, now)), isSilent))
    .limit(batch)
  let count = 0
  for (const { job } of due) {
    await inTransaction(ctx, async tx => {
      const why =
        job.status === 'printing'
          ? 'The printer sent no report for too long.'
          : 'The G-code expired before the print began.'
      const expired = await moveJob(tx, job.printJobId, {
        from: [job.status],
        to: 'expired',
        set: { endedAt: now, error: why },
        ...(job.status === 'printing' && isSilent ? { when: isSilent } : {}),
      })
      if (!expired) return
      await closeGrants(ctx, tx, expired)
      await releaseRight(tx, expired)
      count++
    })
  }
  return count
}
