import { isAppError } from '../../../schema/http/errors.ts'
import type { EdgeContext } from '../../context.ts'
import type { Activity } from '../job/state.ts'

export interface ProgressValues {
  id: string
  /** From 0 to 1. */
  progress: number
  isRunning: boolean
  /** The printer's activity with the print; null when unknown. */
  activity: Activity | null
}

export interface ProgressResult {
  /** The wishes of the marketplace; null: no answer this time. */
  answer: { cancel_requested: boolean; pause_requested: boolean } | null
  /** Why the job has ended at the marketplace; null when it has not. */
  endReason: string | null
  /** Another run of the edge holds the job. */
  isClaimedElsewhere: boolean
}

/** Sends the progress of the print and the printer's activity. An unreachable marketplace does not affect the print. */
export async function progress(
  ctx: EdgeContext,
  { id, progress: done, isRunning, activity }: ProgressValues,
  signal: AbortSignal,
): Promise<ProgressResult> {
  try {
    const answer = await ctx.marketplace.progress(id, { progress: done, is_printing: isRunning, ...activity }, signal)
    const isLive = answer.status === 'claimed' || answer.status === 'printing'
    return { answer, endReason: isLive ? null : answer.status, isClaimedElsewhere: false }
  } catch (error) {
    signal.throwIfAborted()
    const endReason = isAppError(error, 'not_found', 'job_ended') ? error.code : null
    const isClaimedElsewhere = isAppError(error, 'job_claimed_elsewhere')
    ctx.log.debug({ err: error, print_job_id: id }, 'the progress could not be sent')
    return { answer: null, endReason, isClaimedElsewhere }
  }
}
