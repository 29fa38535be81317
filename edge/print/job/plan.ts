import { isDeepStrictEqual } from 'node:util'
import { isIdle, type PrinterState } from '../../moonraker/printer-state.ts'
import { type Action, endWith, type PlanSettings } from './action.ts'
import { activityOf } from './activity.ts'
import { failure, isOurs, whyNotBegun } from './outcome.ts'
import { planOpen, planPrint } from './plan-print.ts'
import { type Activity, type Ended, factsOf, isOn, isRunning, type Job, type Waiting } from './state.ts'

/** A print that starts sooner after the start of Klippy, or after another print, is missing from Moonraker's history. */
const settleMs = 500
/** How long a started print may take until its stub asks for the lines. */
const askLinesMs = 30_000
/** A start that waits in Klipper behind a macro is run within this time: see actions/command.ts. */
const longestMacroMs = 60 * 60_000
/** A new activity of the printer is reported at once, but changes within this time are reported together. */
const newsMs = 200

/** All actions for a job, by its state and the printer's now (of performance.now()). Pure: README.md has it as a table. */
export function plan(job: Job, printer: PrinterState, now: number, settings: PlanSettings): Action[] {
  const { phase } = job
  if (phase.kind === 'ended') return planEnd(job, phase, printer, now, settings)
  const own =
    phase.kind === 'waiting'
      ? planStart(job, phase, printer, now, settings)
      : planPrint(job, phase, printer, now, settings)
  const actions = [
    ...own,
    ...planClaim(job, now, settings),
    ...planFiles(job, printer),
    ...planProgress(job, printer, now, settings),
    ...planDisplay(job),
  ]
  const end = actions.find(action => action.kind === 'end')
  return end ? [end] : actions
}

/** Claims the job again after a restart. The marketplace refuses while another run has the lease. A print that has its key goes on. */
function planClaim(job: Job, now: number, { unknownMs }: PlanSettings): Action[] {
  const { phase, givenUpAt, isFromAnotherBoot, connectedAt, isStreaming, gcode } = job
  if (job.isHeld) return []
  if (givenUpAt === null) return [{ kind: 'claim' }]
  if (phase.kind === 'waiting') return [dropped]
  if (gcode) return []
  // The print may be over, or have all of its lines: then its outcome counts. A stream without the key gets no more lines.
  if (!isFromAnotherBoot) return isStreaming ? [dropped] : []
  // On a copy of the SD card the print never ran: the run that holds the job ends it.
  if (connectedAt === null) return []
  const until = Math.max(givenUpAt, connectedAt) + unknownMs
  return now >= until ? [dropped] : [{ kind: 'wait', until }]
}

const dropped: Action = { kind: 'end', ending: { kind: 'dropped', why: 'the marketplace has ended it' } }

/** The message about a "Not now" stays on the display until the next print. */
function planDisplay({ phase, declined }: Job): Action[] {
  if (declined === null || (phase.kind === 'waiting' && phase.isDeclined)) return []
  return [{ kind: 'withdraw', nonce: declined }]
}

/** The stub comes first, so that the file is in the list during the download. */
function planFiles({ isStubWritten, isHeld, record }: Job, printer: PrinterState): Action[] {
  const actions: Action[] = []
  if (!isStubWritten && printer.isConnected) actions.push({ kind: 'stub' })
  if (!record.isSpooled && isHeld) actions.push({ kind: 'spool' })
  return actions
}

/**
 * Sends the progress at once when the lines begin to run or the printer's activity changes, then at intervals. The call extends the
 * lease; its answer has the wish to cancel or pause.
 */
function planProgress(job: Job, printer: PrinterState, now: number, { progressMs }: PlanSettings): Action[] {
  if (!job.isHeld) return []
  const activity = activityOf(printer, job)
  const next = nextProgress(job, activity, now, progressMs)
  if (now < next) return [{ kind: 'wait', until: next }]
  const isRunningNow = isRunning(job)
  const progress = isRunningNow ? progressOf(job, printer) : 0
  return [{ kind: 'progress', isRunning: isRunningNow, progress, activity }]
}

function nextProgress(job: Job, activity: Activity | null, now: number, progressMs: number): number {
  const { lastProgress } = job
  if (lastProgress?.isRunning !== isRunning(job)) return now
  const isNews = activity !== null && !isDeepStrictEqual(activity, lastProgress.activity)
  return lastProgress.at + (isNews ? Math.min(newsMs, progressMs) : progressMs)
}

/** The progress of the print, never less than was sent before. The progress of another print does not count. */
function progressOf(job: Job, printer: PrinterState): number {
  // In whole percents, so that a long print saves it at most a hundred times.
  const progress = isOn(job, printer) ? Math.floor(printer.progress * 100) / 100 : 0
  return Math.max(progress, job.record.progress)
}

/** The actions before the print has begun: asks for consent, starts the print, or ends a cancelled job. */
function planStart(job: Job, phase: Waiting, printer: PrinterState, now: number, settings: PlanSettings): Action[] {
  const { stub, isSpooled } = job.record
  const { start, startUntil } = phase
  if (start.kind === 'answered' && isIdle(printer) && isOurs(printer, factsOf(job))) {
    const { reason, text } = whyNotBegun(printer, start.sentAt, job.isCancelWanted)
    return [endWith(failure(reason, text))]
  }
  // A start that was sent cannot be withdrawn: keep waiting for its answer.
  const sent: Action[] = start.kind === 'sent' && stub !== null ? [{ kind: 'start', stub }] : []
  if (job.isCancelWanted) {
    // Otherwise the start could run later, and its file would order another job.
    const drain = planDrain(job, phase, now, settings)
    if (drain.length > 0) return [...sent, ...drain]
    if (isOn(job, printer)) return [...sent, { kind: 'cancel' }]
    return [endWith(failure('cancelled', 'Cancelled before the print began.'))]
  }
  if (startUntil === null) {
    const isAskDue = isSpooled && stub !== null && !phase.isDeclined && isIdle(printer)
    return isAskDue ? [...sent, { kind: 'ask' }] : sent
  }
  const limit: Action[] = startUntil === Number.POSITIVE_INFINITY ? [] : [{ kind: 'wait', until: startUntil }]
  if (sent.length > 0 || stub === null) return [...sent, ...limit]
  if (!job.gcode) return [...limit, ...planOpen(job)]
  return [...limit, ...planStartCall(job, phase, stub, printer, now)]
}

function planStartCall(job: Job, phase: Waiting, stub: string, printer: PrinterState, now: number): Action[] {
  if (phase.start.kind === 'answered' && now < phase.start.at + askLinesMs) {
    return [{ kind: 'wait', until: phase.start.at + askLinesMs }]
  }
  if (!phase.isStubRead) return [{ kind: 'read-stub', stub }]
  if (printer.idleSince === null) return []
  if (now < printer.idleSince + settleMs) return [{ kind: 'wait', until: printer.idleSince + settleMs }]
  if (!job.record.isStartAsked) return [{ kind: 'save-start' }]
  return [{ kind: 'start', stub }]
}

/**
 * Waits until no start of this job waits in Klipper. A start is lost when its Klippy stops. Without Moonraker this is unknown, and
 * Klipper may still run the start.
 */
function planDrain(
  { record, awaySince, connectedAt }: Job,
  { isQueueEmpty }: { isQueueEmpty: boolean },
  now: number,
  { unknownMs }: PlanSettings,
): Action[] {
  if (!record.isStartAsked || isQueueEmpty) return []
  if (awaySince === null) return [{ kind: 'drain-queue' }]
  const lostAt = connectedAt === null ? awaySince + longestMacroMs : Math.max(awaySince, connectedAt) + unknownMs
  return now >= lostAt ? [] : [{ kind: 'drain-queue' }, { kind: 'wait', until: lostAt }]
}

/**
 * A start of this job may wait in Klipper behind a long macro. Until it has run or is lost, the ended job stays the current job, so
 * that its file is refused and does not order another job. Then comes the report, then the files are removed.
 */
function planEnd(job: Job, phase: Ended, printer: PrinterState, now: number, settings: PlanSettings): Action[] {
  const { isStartAsked, print } = job.record
  if (isStartAsked && !print && settings.isRegistered) {
    const drain = planDrain(job, phase, now, settings)
    if (drain.length > 0) return drain
    if (isOn(job, printer)) return []
  }
  const { ending } = phase
  if (ending.kind === 'outcome' && !phase.isReported) return [{ kind: 'report', outcome: ending.outcome }]
  const display = planDisplay(job)
  return display.length > 0 ? display : [{ kind: 'clean-up' }]
}
