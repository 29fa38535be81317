import { isDeepStrictEqual } from 'node:util'
import { isIdle, type PrinterState } from '../../moonraker/printer-state.ts'
import { type Action, endWith, type PlanSettings } from './action.ts'
import { activityOf } from './activity.ts'
import { failure, isOurs, whyNotBegun } from './outcome.ts'
import { planOpen, planPrint } from './plan-print.ts'
import { type Activity, type Ended, factsOf, isOn, isRunning, type Job, type Waiting } from './state.ts'

/** A print started sooner after Klippy's start or another print's end is missing from Moonraker's history. */
const settleMs = 500
/** How long a started print may take until its stub asks for the lines. */
const askLinesMs = 30_000
/** A start that waits in Klipper behind a macro is run within this time: see actions/command.ts. */
const longestMacroMs = 60 * 60_000
/** What the printer does is told at once, but changes that come closer together than so as one. */
const newsMs = 200
/** All that is to be done for a job, as it and the printer are now (of performance.now()). Pure: README.md has it as a table. */
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

/** Keeps the job at the marketplace, which refuses while another run's lease lives. With its key a print goes on without. */
function planClaim(job: Job, now: number, { unknownMs }: PlanSettings): Action[] {
  const { phase, givenUpAt, isFromAnotherBoot, connectedAt, isStreaming, gcode } = job
  if (job.isHeld) return []
  if (givenUpAt === null) return [{ kind: 'claim' }]
  if (phase.kind === 'waiting') return [dropped]
  if (gcode) return []
  // Its print may be over all the same, or have all of its lines: then its outcome counts. Without the key it gets no more.
  if (!isFromAnotherBoot) return isStreaming ? [dropped] : []
  // On a copy of the SD card the print never was, and its end is left to the run that holds the job: for ever, if none does.
  if (connectedAt === null) return []
  const until = Math.max(givenUpAt, connectedAt) + unknownMs
  return now >= until ? [dropped] : [{ kind: 'wait', until }]
}

const dropped: Action = { kind: 'end', ending: { kind: 'dropped', why: 'the marketplace has ended it' } }

/** What the display says of a "Not now" stays until the job is printed, or something else is. */
function planDisplay({ phase, declined }: Job): Action[] {
  if (declined === null || (phase.kind === 'waiting' && phase.isDeclined)) return []
  return [{ kind: 'withdraw', nonce: declined }]
}

/** The stub first, so that the file is in the list while the download goes on. */
function planFiles({ isStubWritten, isHeld, record }: Job, printer: PrinterState): Action[] {
  const actions: Action[] = []
  if (!isStubWritten && printer.isConnected) actions.push({ kind: 'stub' })
  if (!record.isSpooled && isHeld) actions.push({ kind: 'spool' })
  return actions
}

/**
 * At once when the lines begin to run or the printer does something else with them, then at intervals. It keeps the job ours, and
 * brings the wish to cancel or to pause it.
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

/** How far the print is by now, never less than was told before. What the printer says of another print is not ours. */
function progressOf(job: Job, printer: PrinterState): number {
  // In whole percents, so that a long print writes it down a hundred times and no more.
  const progress = isOn(job, printer) ? Math.floor(printer.progress * 100) / 100 : 0
  return Math.max(progress, job.record.progress)
}

/** Before the print has begun: asks for consent, starts it when somebody wants that, or ends the job that is cancelled. */
function planStart(job: Job, phase: Waiting, printer: PrinterState, now: number, settings: PlanSettings): Action[] {
  const { stub, isSpooled } = job.record
  const { start, startUntil } = phase
  if (start.kind === 'answered' && isIdle(printer) && isOurs(printer, factsOf(job))) {
    const { reason, text } = whyNotBegun(printer, start.sentAt, job.isCancelWanted)
    return [endWith(failure(reason, text))]
  }
  // A call that Klipper has cannot be taken back: its answer is waited for, whatever is wanted meanwhile.
  const sent: Action[] = start.kind === 'sent' && stub !== null ? [{ kind: 'start', stub }] : []
  if (job.isCancelWanted) {
    // Its file would be printed later, and ask for another job then.
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
 * Waits until no start of this job waits in Klipper any more. A start is lost with the Klippy that it waited in. Without
 * Moonraker nobody can tell, and Klipper may still run it.
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
 * A start of this job may wait in Klipper behind a long macro. Until nothing comes of it the job that has ended stays in hand,
 * and its file is refused: nobody has asked for the other job that it would order. Then the report, then the disk.
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
