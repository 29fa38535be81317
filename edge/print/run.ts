import { isDeepStrictEqual } from 'node:util'
import { isAppError } from '../../schema/http/errors.ts'
import { abortable } from '../abortable.ts'
import { type Backoff, createBackoff } from '../backoff.ts'
import { createChanges } from '../changes.ts'
import type { EdgeContext } from '../context.ts'
import { withdraw } from '../dialog.ts'
import { problemOf } from './actions/problem.ts'
import type { Action, PlanSettings } from './job/action.ts'
import type { JobHandle } from './job/current-job.ts'
import { apply, type JobEvent, observe } from './job/events.ts'
import { plan } from './job/plan.ts'
import type { Job } from './job/state.ts'
import { perform, type Tools } from './perform.ts'
import { createRecordSaver } from './save-record.ts'

type Kind = Action['kind']
type RunnableAction = Exclude<Action, { kind: 'end' | 'wait' }>

interface Task {
  kind: Kind
  stop: AbortController
  done: Promise<void>
}

/** The delay before an action is repeated after a failure, or because the printer shows no effect yet. It grows each time. */
interface Retry {
  backoff: Backoff
  notBefore: number
}

export interface JobRun extends JobHandle {
  /**
   * Runs the job from its present state to its end: reported, and removed from the disk. Rejects only when the edge ends; the job then
   * continues at the next start.
   */
  run: () => Promise<void>
}

/** Actions that need Klipper's present state: a change may not have arrived yet. */
const needsFreshState = new Set<Kind>(['save-pause', 'pause', 'resume'])
/** Actions that are repeated, after a delay, while the printer shows no effect. */
const isRepeatedAfterWait = new Set<Kind>(['cancel', 'pause', 'resume'])

/**
 * Actions that are not stopped when they are no longer planned: the marketplace learns of a short print, and the result of a pause is
 * saved before the next one is planned.
 */
const runsToItsEnd = new Set<Kind>(['progress', 'save-pause', 'pause', 'resume'])

/** Only one action of a lane runs at a time. */
function laneOf(kind: Kind): Kind {
  return kind === 'save-pause' || kind === 'resume' ? 'pause' : kind
}

/**
 * Runs one job. `run` is the loop: when the job or the printer has changed, or at a planned time, it makes a new plan, starts its new
 * actions and stops those that are no longer in it. Nothing else replaces the job's state.
 */
export function createRun(ctx: EdgeContext, initial: Job): JobRun {
  const changes = createChanges()
  const tasks = new Map<Kind, Task>()
  const retries = new Map<Kind, Retry>()
  let job = initial
  let isRunning = false
  let isStepping = false
  let isStepDue = false
  let timer: NodeJS.Timeout | undefined
  let finish: () => void = () => {}

  function replace(next: Job): void {
    if (next === job) return
    job = next
    changes.emit()
  }

  function send(event: JobEvent): void {
    replace(apply(job, event))
    step()
  }

  const record = createRecordSaver(ctx.records, () => job, send)

  const tools: Tools = {
    ctx,
    state: () => job,
    send,
    saveRecord: fields => record.save(fields),
    trySaveRecord: fields =>
      record.save(fields).catch((error: unknown) => {
        ctx.log.warn(
          { err: error, print_job_id: job.id, fields: Object.keys(fields) },
          'the record of the job cannot be saved',
        )
      }),
    removeRecord: record.remove,
  }

  function settings(): PlanSettings {
    const { progressMs, unknownMs } = ctx.config.timing
    return { progressMs, unknownMs, isRegistered: ctx.store.identity() !== null }
  }

  function planNow(): Action[] {
    const now = performance.now()
    const printer = ctx.moonraker.state()
    replace(observe(job, printer, now))
    return plan(job, printer, now, settings())
  }

  /** Observes, plans, starts and stops. An event that an action sends while it is started causes one more round. */
  function step(): void {
    if (!isRunning) return
    isStepDue = true
    if (isStepping) return
    isStepping = true
    try {
      while (isStepDue) {
        isStepDue = false
        follow(planNow())
      }
    } finally {
      isStepping = false
    }
  }

  function follow(actions: Action[]): void {
    const end = actions.find(action => action.kind === 'end')
    if (end) {
      send({ kind: 'ended', ending: end.ending })
      return
    }
    const planned = new Set(actions.map(action => action.kind))
    for (const { kind, stop } of tasks.values()) {
      if (!planned.has(kind) && !runsToItsEnd.has(kind)) stop.abort(new Error('no longer planned'))
    }
    for (const kind of retries.keys()) if (!planned.has(kind) && !tasks.has(laneOf(kind))) retries.delete(kind)
    const now = performance.now()
    let wakeAt = Number.POSITIVE_INFINITY
    for (const action of actions) {
      if (action.kind === 'end') continue
      const notBefore = action.kind === 'wait' ? action.until : (retries.get(action.kind)?.notBefore ?? 0)
      if (notBefore > now) wakeAt = Math.min(wakeAt, notBefore)
      else if (action.kind !== 'wait' && !tasks.has(laneOf(action.kind))) begin(action)
    }
    clearTimeout(timer)
    if (wakeAt !== Number.POSITIVE_INFINITY) timer = setTimeout(step, Math.max(1, Math.ceil(wakeAt - now)))
  }

  function begin(action: RunnableAction): void {
    const stop = new AbortController()
    const done = attempt(action, AbortSignal.any([ctx.signal, stop.signal])).finally(() => {
      tasks.delete(laneOf(action.kind))
      step()
    })
    tasks.set(laneOf(action.kind), { kind: action.kind, stop, done })
  }

  async function attempt(action: RunnableAction, signal: AbortSignal): Promise<void> {
    const { kind } = action
    try {
      if (needsFreshState.has(kind)) {
        await ctx.moonraker.refresh()
        if (!planNow().some(one => isDeepStrictEqual(one, action))) return
      }
      await perform(tools, action, signal)
      if (isRepeatedAfterWait.has(kind)) wait(kind)
      else retries.delete(kind)
      if (kind === 'spool' || kind === 'open') send({ kind: 'problem', text: null })
      if (kind === 'clean-up') {
        isRunning = false
        finish()
      }
    } catch (error) {
      if (signal.aborted) return
      onFailure(kind, error)
    }
  }

  function onFailure(kind: Kind, error: unknown): void {
    const what = isAppError(error) ? { code: error.code } : { err: error }
    ctx.log.warn({ ...what, print_job_id: job.id, action: kind }, 'an action for a print job failed, trying again')
    wait(kind)
    if (kind === 'open') send({ kind: 'grant-used' })
    if (kind === 'open' && isAppError(error, 'job_claimed_elsewhere')) send({ kind: 'lease-lost' })
    const text = problemOf(kind, error, job.id)
    if (text !== null) send({ kind: 'problem', text })
  }

  function wait(kind: Kind): void {
    const { firstRetryMs, longestRetryMs } = ctx.config.timing
    const backoff = retries.get(kind)?.backoff ?? createBackoff(firstRetryMs, longestRetryMs, ctx.jitter)
    retries.set(kind, { backoff, notBefore: performance.now() + backoff.next() })
  }

  return {
    id: initial.id,
    purchaseId: initial.purchaseId,
    state: () => job,
    changes,
    send,
    cancel: () =>
      record.save({ is_cancel_wanted: true }).catch((error: unknown) => {
        ctx.log.warn({ err: error, print_job_id: job.id }, 'a cancel could not be saved: a restart would lose it')
        send({ kind: 'cancel-asked' })
      }),
    bind: (print, isSeenFromStart) => record.save({ print }, isSeenFromStart),
    async run() {
      const finished = new Promise<void>(resolve => {
        finish = resolve
      })
      if (ctx.settings.autoStart() && !job.record.isOrdered) {
        send({ kind: 'start-asked', until: Number.POSITIVE_INFINITY })
      }
      const stops = [ctx.moonraker.changes.listen(step), ctx.store.changes.listen(step)]
      isRunning = true
      step()
      try {
        await abortable(finished, ctx.signal)
      } finally {
        isRunning = false
        clearTimeout(timer)
        for (const stop of stops) stop()
        for (const { stop } of tasks.values()) stop.abort(new Error('the job is finished'))
        await Promise.all([...tasks.values()].map(task => task.done))
        // Without the edge nobody would act on the dialog.
        if (job.declined !== null) await withdraw(ctx, job.declined)
        await job.gcode?.close()
      }
    },
  }
}
