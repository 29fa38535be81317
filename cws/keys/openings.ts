import { and, eq, isNull, lt, sql } from 'drizzle-orm'
import { keyOpenings } from '../../schema/db/cws.ts'
import { AppError } from '../../schema/http/errors.ts'
import type { CwsParts } from '../context.ts'

type Parts = Pick<CwsParts, 'db' | 'clock' | 'settings'>

/**
 * Counts one opening for a job in one statement, so that concurrent calls in any number of processes cannot exceed the limit.
 * Errors: job_ended, openings_exhausted.
 */
export async function countOpening({ db, clock, settings }: Parts, job: string): Promise<void> {
  const now = clock()
  const rows = await db
    .insert(keyOpenings)
    .values({ job, count: 1, createdAt: now, updatedAt: now })
    .onConflictDoUpdate({
      target: keyOpenings.job,
      set: { count: sql`${keyOpenings.count} + 1`, updatedAt: now },
      setWhere: and(lt(keyOpenings.count, settings.openingsPerJob), isNull(keyOpenings.endedAt))!,
    })
    .returning({ count: keyOpenings.count })
  if (rows.length > 0) return
  const [row] = await db.select().from(keyOpenings).where(eq(keyOpenings.job, job))
  if (row?.endedAt) throw new AppError('job_ended', `Job ${job} has ended, so its keys cannot be opened.`)
  const text = `Job ${job} has opened keys ${settings.openingsPerJob} times, which is the limit. Start a new job.`
  throw new AppError('openings_exhausted', text)
}

/** Refuses every later opening for a job, even with a grant that has not expired. */
export async function closeJob({ db, clock }: Omit<Parts, 'settings'>, job: string): Promise<void> {
  const now = clock()
  await db
    .insert(keyOpenings)
    .values({ job, count: 0, endedAt: now, createdAt: now, updatedAt: now })
    .onConflictDoUpdate({
      target: keyOpenings.job,
      set: { endedAt: now, updatedAt: now },
      setWhere: isNull(keyOpenings.endedAt),
    })
}
