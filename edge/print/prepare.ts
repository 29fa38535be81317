import { setTimeout as sleep } from 'node:timers/promises'
import { createBackoff } from '../backoff.ts'
import type { EdgeContext } from '../context.ts'
import { spool } from './actions/spool.ts'
import type { JobRecord } from './job/record.ts'
import { change, type Job } from './job/state.ts'
import { writeStub } from './stubs/write.ts'

/** The stub first, so that the file is in the list while the download goes on; then the spool. */
export async function prepare(ctx: EdgeContext, job: Job, signal: AbortSignal): Promise<void> {
  await Promise.all([putStub(ctx, job, signal), fetchSpool(ctx, job, signal)])
}

/**
 * Writes a step of the job to the disk, then to memory: nothing acts on a step that a restart would not know of. One after
 * another, so that two steps at the same moment do not undo each other. Rejects when the disk does not take it. Of a job that
 * has ended nothing more is written: a step that ends late would bring back what was put away, and it would run again.
 */
export async function note(ctx: EdgeContext, job: Job, fields: Partial<JobRecord>): Promise<void> {
  const noted = job.noted.then(async () => {
    if (job.ending) return
    const record = { ...job.record, ...fields }
    await ctx.records.save(record)
    job.record = record
  })
  job.noted = noted.catch(() => {})
  await noted
  change(job, {})
}

async function fetchSpool(ctx: EdgeContext, job: Job, signal: AbortSignal): Promise<void> {
  if (job.record.isSpooled) return
  await job.changes.until(() => job.isHeld || undefined, signal)
  await spool(ctx, job, signal)
  await note(ctx, job, { isSpooled: true })
}

async function putStub(ctx: EdgeContext, job: Job, signal: AbortSignal): Promise<void> {
  const backoff = createBackoff(ctx.config.timing.firstRetryMs, ctx.config.timing.longestRetryMs, ctx.jitter)
  for (;;) {
    try {
      await ctx.moonraker.changes.until(() => ctx.moonraker.state().isConnected || undefined, signal)
      const stub = await writeStub(ctx, job.record.claim)
      await note(ctx, job, { stub })
      return
    } catch (error) {
      signal.throwIfAborted()
      ctx.log.warn({ err: error, print_job_id: job.id }, 'the stub could not be written, trying again')
      await sleep(backoff.next(), undefined, { signal })
    }
  }
}
