import { setTimeout as sleep } from 'node:timers/promises'
import { createBackoff } from '../backoff.ts'
import type { EdgeContext } from '../context.ts'
import { askForConsent } from './actions/ask.ts'
import { cancelWhenWanted, outlastStart } from './actions/cancel.ts'
import { openWhenWanted } from './actions/open.ts'
import { obeyPause } from './actions/pause.ts'
import { tellProgress } from './actions/progress.ts'
import { removeSpool } from './actions/spool.ts'
import { startWhenWanted } from './actions/start.ts'
import { reportedStats } from './job/outcome.ts'
import type { Ending, Job } from './job/state.ts'
import { prepare } from './prepare.ts'
import { keepHold } from './reclaim.ts'
import { forgetStart, wantStart } from './want-start.ts'
import { watchPrint } from './watch.ts'

type Step = (ctx: EdgeContext, job: Job, signal: AbortSignal) => Promise<void>

/** They run side by side, and each waits by itself for what it needs of the others. */
const steps: Step[] = [
  keepHold,
  prepare,
  askForConsent,
  forgetStart,
  openWhenWanted,
  startWhenWanted,
  watchPrint,
  tellProgress,
  cancelWhenWanted,
  obeyPause,
]

/**
 * A job's way through the edge, from wherever it stands to its end. The end is on the disk, in the outbox, before the job is
 * forgotten. Rejects only when the edge itself ends; the job then goes on at the next start.
 */
export async function runJob(ctx: EdgeContext, job: Job): Promise<void> {
  const stop = new AbortController()
  const signal = AbortSignal.any([ctx.signal, stop.signal])
  if (ctx.settings.autoStart() && !job.record.isOrdered) wantStart(job, Number.POSITIVE_INFINITY)
  const running = steps.map(step => keepGoing(ctx, job, step, signal))
  try {
    const ending = await job.changes.until(() => job.ending ?? undefined, ctx.signal)
    await outlastStart(ctx, job)
    await putAway(ctx, job, ending)
  } finally {
    stop.abort()
    await Promise.all(running)
    await job.gcode?.close()
  }
}

/** A fault of ours must not leave a print without its watch: the step is begun again, a little later each time. */
async function keepGoing(ctx: EdgeContext, job: Job, step: Step, signal: AbortSignal): Promise<void> {
  const backoff = createBackoff(ctx.config.timing.firstRetryMs, ctx.config.timing.longestRetryMs, ctx.jitter)
  while (!signal.aborted) {
    try {
      return await step(ctx, job, signal)
    } catch (error) {
      if (signal.aborted) return
      ctx.log.error({ err: error, print_job_id: job.id, step: step.name }, 'a step failed, it is begun again')
      await sleep(backoff.next(), undefined, { signal }).catch(() => {})
    }
  }
}

async function putAway(ctx: EdgeContext, job: Job, ending: Ending): Promise<void> {
  const { claim } = job.record
  if (ending.kind === 'outcome') {
    const { status, error, stats } = ending.outcome
    ctx.log.info({ print_job_id: job.id, status, reason: stats?.reason }, 'the print has ended')
    await addForSure(ctx, job, {
      user_id: claim.user_id,
      purchase_id: claim.purchase_id,
      print_job_id: claim.print_job_id,
      status,
      ...(error === undefined ? {} : { error }),
      stats: reportedStats(job, stats),
    })
  } else {
    ctx.log.info({ print_job_id: job.id, why: ending.why }, 'the job is put away')
  }
  // A step that is still on its way to the disk would bring the record back.
  await job.noted
  await ctx.records.remove(job.id)
  await removeSpool(ctx.config.dataDir, job.id)
}

/** On a full disk the outcome waits in memory until there is room. */
async function addForSure(ctx: EdgeContext, job: Job, report: Parameters<typeof ctx.outbox.add>[0]): Promise<void> {
  const backoff = createBackoff(ctx.config.timing.firstRetryMs, ctx.config.timing.longestRetryMs, ctx.jitter)
  for (;;) {
    try {
      return await ctx.outbox.add(report)
    } catch (error) {
      ctx.log.error({ err: error, print_job_id: job.id }, 'the outcome cannot be written down, trying again')
      await sleep(backoff.next(), undefined, { signal: ctx.signal })
    }
  }
}
