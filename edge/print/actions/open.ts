import { setTimeout as sleep } from 'node:timers/promises'
import { isAppError } from '../../../schema/http/errors.ts'
import { createBackoff } from '../../backoff.ts'
import type { EdgeContext } from '../../context.ts'
import { openGcode } from '../gcode/open.ts'
import { change, end, fail, type Job } from '../job/state.ts'
import { note } from '../prepare.ts'
import { whyItWaits } from '../why-it-waits.ts'

/** With these the job can never be printed. */
const lasting = [
  'gcode_corrupt',
  'gcode_rejected',
  'key_blob_invalid',
  'key_context_mismatch',
  'openings_exhausted',
] as const

/**
 * Opens the G-code once a print is about to need it, so that a job that nobody starts asks for no key. Tries again while the
 * marketplace or the CWS is out of reach; ends the job when it can never be opened.
 */
export async function openWhenWanted(ctx: EdgeContext, job: Job, signal: AbortSignal): Promise<void> {
  const backoff = createBackoff(ctx.config.timing.firstRetryMs, ctx.config.timing.longestRetryMs, ctx.jitter)
  await job.changes.until(() => (job.isOpenWanted && job.isHeld && job.record.isSpooled) || undefined, signal)
  while (!job.gcode && !job.ending) {
    try {
      const gcode = await openGcode(ctx, job, signal)
      if (signal.aborted) return await gcode.close()
      change(job, { gcode, problem: null })
      await note(ctx, job, { printed_by: gcode.printedBy }).catch((error: unknown) => {
        ctx.log.warn({ err: error, print_job_id: job.id }, 'where the print ends cannot be written down')
      })
    } catch (error) {
      signal.throwIfAborted()
      if (isAppError(error, ...lasting)) {
        ctx.log.error({ print_job_id: job.id, code: error.code }, 'the G-code cannot be used')
        return fail(job, error.code, error.message)
      }
      if (isAppError(error, 'job_ended', 'not_found')) return end(job, { kind: 'dropped', why: error.code })
      if (isAppError(error, 'job_claimed_elsewhere')) change(job, { isHeld: false })
      change(job, { grant: null, problem: whyItWaits(error) })
      ctx.log.warn({ err: error, print_job_id: job.id }, 'the G-code cannot be opened yet')
      await sleep(backoff.next(), undefined, { signal })
    }
  }
}
