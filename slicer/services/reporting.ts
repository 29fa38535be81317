import { AppError, isAppError } from '../../schema/http/errors.ts'
import type { SlicingStep, StartPreparationResponse } from '../../schema/http/preparations.ts'
import type { Context } from '../context.ts'

export interface Reporting {
  /** Says where the work is. A new step is told at once, progress within one at most once a second. */
  at: (step: SlicingStep, progress: number) => void
  /** Aborted with `preparation_ended` when the marketplace wants no more of it. */
  ended: AbortSignal
  stop: () => void
}

const betweenPostsMs = 1000

/**
 * Tells the marketplace how far a preparation is, which renews its lease; while nothing moves, it is told that again. One
 * request is under way at a time, with the newest state. A request that fails is only logged: the next one comes soon.
 */
export function startReporting(ctx: Context, started: StartPreparationResponse): Reporting {
  const ended = new AbortController()
  const state: { step: SlicingStep; progress: number } = { step: 'claimed', progress: 0 }
  let toldStep: SlicingStep = 'claimed'
  let isDirty = false
  let isPosting = false
  let isStopped = false
  let timer: NodeJS.Timeout | undefined
  const heartbeat = setInterval(() => soon(0), (started.lease_seconds * 1000) / 3)

  function soon(delayMs: number): void {
    isDirty = true
    if (isStopped || isPosting || timer) return
    timer = setTimeout(post, delayMs)
  }

  async function post(): Promise<void> {
    timer = undefined
    isPosting = true
    isDirty = false
    toldStep = state.step
    try {
      const { preparation_id, lease_id } = started
      const { cancelled } = await ctx.marketplace.progress(preparation_id, { lease_id, ...state })
      if (cancelled) end()
    } catch (error) {
      if (isAppError(error, 'not_found', 'preparation_ended')) end()
      else ctx.log.warn({ err: error, preparation_id: started.preparation_id }, 'progress could not be told')
    }
    isPosting = false
    if (isDirty) soon(state.step === toldStep ? betweenPostsMs : 0)
  }

  function end(): void {
    ended.abort(new AppError('preparation_ended', 'The preparation has ended meanwhile.'))
  }

  return {
    at: (step, progress) => {
      const isNew = step !== state.step
      state.step = step
      state.progress = Math.min(1, Math.max(0, progress))
      if (isNew && timer) {
        clearTimeout(timer)
        timer = undefined
      }
      soon(isNew ? 0 : betweenPostsMs)
    },
    ended: ended.signal,
    stop: () => {
      isStopped = true
      clearInterval(heartbeat)
      clearTimeout(timer)
    },
  }
}
