import { AppError, isAppError } from '../../schema/http/errors.ts'
import type { PreparationProgressRequest, StartPreparationResponse } from '../../schema/http/preparations.ts'
import type { Context } from '../context.ts'

type Step = PreparationProgressRequest['step']

export interface Reporting {
  /** Reports immediately that a step begins. Never rejects: a failed report does not stop the work. */
  step: (step: Step, progress: number) => Promise<void>
  /** Reports the progress within the step, at most once a second. */
  progress: (progress: number) => void
  /** Aborted with `preparation_ended` when the marketplace answers that the preparation is cancelled. */
  ended: AbortSignal
  stop: () => void
}

const betweenPostsMs = 1000

/**
 * Reports the progress of a preparation to the marketplace, which renews the lease; without progress the last report is
 * repeated. One request is open at a time, and at most one waits, with the newest state.
 */
export function startReporting(ctx: Context, started: StartPreparationResponse): Reporting {
  const { preparation_id, lease_id } = started
  const ended = new AbortController()
  const state: { step: Step; progress: number } = { step: 'claimed', progress: 0 }
  let underWay: Promise<void> | undefined
  let waiting: Promise<void> | undefined
  let isStopped = false
  let timer: NodeJS.Timeout | undefined
  const heartbeat = setInterval(send, (started.lease_seconds * 1000) / 3)

  function send(): Promise<void> {
    if (!underWay) {
      underWay = post().finally(() => {
        underWay = undefined
      })
      return underWay
    }
    waiting ??= underWay.then(() => {
      waiting = undefined
      return send()
    })
    return waiting
  }

  async function post(): Promise<void> {
    if (isStopped) return
    try {
      const { cancelled } = await ctx.marketplace.progress(preparation_id, { lease_id, ...state })
      if (cancelled) end()
    } catch (error) {
      if (isAppError(error, 'not_found', 'preparation_ended')) end()
      else ctx.log.warn({ err: error, preparation_id }, 'progress report failed')
    }
  }

  function end(): void {
    ended.abort(new AppError('preparation_ended', 'The preparation has ended meanwhile.'))
  }

  return {
    step: (step, progress) => {
      Object.assign(state, { step, progress })
      clearTimeout(timer)
      timer = undefined
      return send()
    },
    progress: progress => {
      state.progress = Math.min(1, Math.max(0, progress))
      if (isStopped) return
      timer ??= setTimeout(() => {
        timer = undefined
        send()
      }, betweenPostsMs)
    },
    ended: ended.signal,
    stop: () => {
      isStopped = true
      clearInterval(heartbeat)
      clearTimeout(timer)
    },
  }
}
