import type { PrinterState } from '../../moonraker/printer-state.ts'
import { type Action, endWith, type PlanSettings } from './action.ts'
import { cancelled, failure, isPrinted, judge, lost, outcomeByHistory, reached, texts } from './outcome.ts'
import type { JobRecord } from './record.ts'
import { type Closing, type Doubt, factsOf, isOn, type Job, type Printing } from './state.ts'

/** How often Klipper is asked when it should have told something by now, and while only a lease is waited for. */
const inquireMs = 200
const inquireSlowlyMs = 5000
const historyIdMs = 1000
/**
 * How long the extra's goodbye, which tells how far Klipper has run the lines, may come after Klipper's word that the print
 * is over: they come by different ways.
 */
const goodbyeMs = 1000

/** While the print is there, and until it is known how it ended. */
export function planPrint(
  job: Job,
  phase: Printing | Closing,
  printer: PrinterState,
  now: number,
  settings: PlanSettings,
): Action[] {
  const ending = phase.doubt ? planDoubt(job, phase, phase.doubt, printer, now, settings) : []
  if (phase.kind === 'closing') return [...planSaveClosed(job, phase), ...ending]
  const open = phase.isStreamAsked ? planOpen(job) : []
  const saves = phase.doubt ? [] : [...planSavePrinted(job), ...planHistoryId(job, phase, now)]
  return [...open, ...planControl(job, printer), ...saves, ...ending]
}

/** The key is asked for when a print is about to need it, so that a job that nobody starts asks for none. */
export function planOpen({ isHeld, record, gcode }: Job): Action[] {
  return isHeld && record.isSpooled && !gcode ? [{ kind: 'open' }] : []
}

/**
 * What the marketplace wishes, when its wish changes, and nothing in between: people at the printer have the last word. A print
 * that they had paused, or that they resume, is left to them until the marketplace wishes for another pause. Only this job's
 * own print is touched, never another that has taken its place.
 */
function planControl(job: Job, printer: PrinterState): Action[] {
  if (!printer.isConnected || !isOn(job, printer)) return []
  if (job.isCancelWanted) return [{ kind: 'cancel' }]
  const { pause, resume_refused } = job.record
  const isPaused = printer.printStats.state === 'paused'
  const save = (next: JobRecord['pause']): Action[] => [{ kind: 'save-pause', pause: next }]
  // Klipper's extra goes on by itself when the lines are back: only then there is something to pause.
  if (isPaused && printer.isParked) return []
  if (!isPaused && resume_refused !== null) return save(pause)
  if (!job.isPauseWanted) {
    if (pause === 'none') return []
    return isPaused && pause !== 'left' ? [{ kind: 'resume' }] : save('none')
  }
  // On the disk before it is done, so that a later run of the edge knows whose pause it finds.
  // A pause that the printer refused to end is still ours: the next wish to resume tries again.
  if (pause === 'none' && isPaused) return save(resume_refused === null ? 'left' : 'done')
  if (pause === 'none') return save('asked')
  if (pause === 'asked') return isPaused ? save('done') : [{ kind: 'pause' }]
  return pause === 'done' && !isPaused ? save('left') : []
}

function planSaveClosed({ record }: Job, { closedAt }: Closing): Action[] {
  return record.closed_at === closedAt ? [] : [{ kind: 'save-closed', closed_at: closedAt }]
}

/** Keeps that all is printed, as soon as it is: what comes next may switch the host off. */
function planSavePrinted(job: Job): Action[] {
  const facts = factsOf(job)
  return job.record.printed_to === 0 && isPrinted(facts) ? [{ kind: 'save-printed', printed_to: reached(facts) }] : []
}

/** Keeps this print's id in Moonraker's history, so that after a restart it can be asked for this very print. */
function planHistoryId({ record: { print } }: Job, { historyAskedAt }: Printing, now: number): Action[] {
  if (!print || print.history_id !== null || now < historyAskedAt + historyIdMs) return []
  return [{ kind: 'find-history-id', print }]
}

/**
 * The print is over, or seems to be: Klipper is asked, then Moonraker's history, for as long as it takes Klippy to start. What
 * nobody can tell is a failure, so that the right is not lost.
 */
function planDoubt(
  job: Job,
  phase: Printing | Closing,
  { since, inquiry }: Doubt,
  printer: PrinterState,
  now: number,
  { unknownMs }: PlanSettings,
): Action[] {
  const { print } = job.record
  if (!print) return []
  if (job.isStreaming && phase.kind === 'printing' && now < since + goodbyeMs) {
    return [{ kind: 'wait', until: since + goodbyeMs }]
  }
  const facts = factsOf(job)
  const verdict = judge(printer, facts)
  const inquire: Action = { kind: 'inquire', print }
  if (verdict.kind === 'ended') {
    // Klipper's reason for a shutdown comes a moment after the word itself.
    const isReasonMissing = verdict.outcome.stats?.reason === 'klippy_shutdown' && !inquiry
    return [isReasonMissing ? inquire : endWith(verdict.outcome)]
  }
  if (!inquiry) return [inquire]
  if (verdict.kind === 'unknown') {
    const outcome = inquiry.entry && outcomeByHistory(facts, inquiry.entry, printer)
    if (outcome) return [endWith(outcome)]
    if (job.isFromAnotherBoot && job.isHeld && isKlippyUp(printer)) {
      return [endWith(failure('host_restarted', texts.host_restarted))]
    }
  }
  if (inquiry.isAnswered && isStopped(job, phase, printer)) return [endWith(cancelled(facts, 0, {}))]
  const isInTime = now < since + unknownMs
  // On a copy of the SD card the print was never here: while its lease lives, only the run that holds the job may end it.
  if (!isInTime && (job.isHeld || !job.isFromAnotherBoot)) return [endWith(lost(printer, job.isFromAnotherBoot))]
  const again = inquiry.at + (isInTime ? inquireMs : inquireSlowlyMs)
  return [now >= again ? inquire : { kind: 'wait', until: again }]
}

function isKlippyUp({ klippy }: PrinterState): boolean {
  return klippy === 'ready' || klippy === 'shutdown' || klippy === 'error'
}

/** Klipper has let go of the lines before their end, and tells of another print by now: the same file begun anew, say. */
function isStopped({ record }: Job, phase: Printing | Closing, { klippy }: PrinterState): boolean {
  return phase.kind === 'closing' && phase.closedAt < record.claim.totals.bytes && klippy === 'ready'
}
