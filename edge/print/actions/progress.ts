import { isAppError } from '../../../schema/http/errors.ts'
import type { EdgeContext } from '../../context.ts'
import type { Activity } from '../job/state.ts'

export interface ProgressValues {
  id: string
  /** From 0 to 1. */
  progress: number
  isRunning: boolean
  /** What the printer does with the print; null: it does not say. */
  activity: Activity | null
}

export interface ProgressResult {
  /** What the marketplace wishes; null: no answer this time. */
  answer: { cancel_requested: boolean; pause_requested: boolean } | null
  /** Why the job has ended at the marketplace; null when it has not. */
  endReason: string | null
  /** Another run of the edge holds the job. */
  isClaimedElsewhere: boolean
}

/** Sends the marketplace how far the print is and what the printer does. When it is out of reach, nothing changes for the print. */
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
