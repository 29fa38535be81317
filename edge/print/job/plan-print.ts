import type { PrinterState } from '../../moonraker/printer-state.ts'
import { type Action, endWith, type PlanSettings } from './action.ts'
import { cancelled, failure, isPrinted, judge, lost, outcomeByHistory, reached, texts } from './outcome.ts'
import type { JobRecord } from './record.ts'
import { type Closing, type Doubt, factsOf, isOn, type Job, type Printing } from './state.ts'

/** How often Klipper is asked about the end of a print; and, slowly, while only the lease of another run is in the way. */
const inquireMs = 200
const inquireSlowlyMs = 5000
const historyIdMs = 1000
/**
 * How long to wait for the extra's goodbye, which has the position in the lines, after Klipper's state says that the print is over.
 * The two arrive by different connections.
 */
const goodbyeMs = 1000

/** The actions from the start of the print until its outcome is known. */
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

/** The key is requested when a print needs it, so that a job that nobody starts uses no opening of its key. */
export function planOpen({ isHeld, record, gcode }: Job): Action[] {
  return isHeld && record.isSpooled && !gcode ? [{ kind: 'open' }] : []
}

/**
 * Pause, resume or cancel for the marketplace, once for each change of its wish: people at the printer have the last word. A print
 * that they paused or resumed themselves is not changed until the marketplace wants another pause. Only this job's own print is
 * controlled, never another print.
 */
function planControl(job: Job, printer: PrinterState): Action[] {
  if (!printer.isConnected || !isOn(job, printer)) return []
  if (job.isCancelWanted) return [{ kind: 'cancel' }]
  const { pause, resume_refused } = job.record
  const isPaused = printer.printStats.state === 'paused'
  const save = (next: JobRecord['pause']): Action[] => [{ kind: 'save-pause', pause: next }]
  // Klipper's extra resumes by itself when the lines are back. The pause can only come after that.
  if (isPaused && printer.isParked) return []
  if (!isPaused && resume_refused !== null) return save(pause)
  if (!job.isPauseWanted) {
    if (pause === 'none') return []
    return isPaused && pause !== 'left' ? [{ kind: 'resume' }] : save('none')
  }
  // Saved before the pause, so that a later run of the edge knows whose pause it is.
  // After a refused resume the pause is still ours: the next wish to resume tries again.
  if (pause === 'none' && isPaused) return save(resume_refused === null ? 'left' : 'done')
  if (pause === 'none') return save('asked')
  if (pause === 'asked') return isPaused ? save('done') : [{ kind: 'pause' }]
  return pause === 'done' && !isPaused ? save('left') : []
}

function planSaveClosed({ record }: Job, { closedAt }: Closing): Action[] {
  return record.closed_at === closedAt ? [] : [{ kind: 'save-closed', closed_at: closedAt }]
}

/** Saves that every extruding line has run, at once: the end macro may switch the host off. */
function planSavePrinted(job: Job): Action[] {
  const facts = factsOf(job)
  return job.record.printed_to === 0 && isPrinted(facts) ? [{ kind: 'save-printed', printed_to: reached(facts) }] : []
}

/** Saves the print's id in Moonraker's history, so that after a restart exactly this print can be found there. */
function planHistoryId({ record: { print } }: Job, { historyAskedAt }: Printing, now: number): Action[] {
  if (!print || print.history_id !== null || now < historyAskedAt + historyIdMs) return []
  return [{ kind: 'find-history-id', print }]
}

/**
 * The print is over, or seems to be. Asks Klipper, then Moonraker's history, for as long as Klippy may take to start. An unknown end
 * is a failure, so that the right is not lost.
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
    // The reason of a shutdown comes a moment after the shutdown.
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
  // On a copy of the SD card the print never ran here: while the lease is alive, only the run that holds the job may end it.
  if (!isInTime && (job.isHeld || !job.isFromAnotherBoot)) return [endWith(lost(printer, job.isFromAnotherBoot))]
  const again = inquiry.at + (isInTime ? inquireMs : inquireSlowlyMs)
  return [now >= again ? inquire : { kind: 'wait', until: again }]
}

function isKlippyUp({ klippy }: PrinterState): boolean {
  return klippy === 'ready' || klippy === 'shutdown' || klippy === 'error'
}

/** Klipper closed the stream before the last line and shows another print now, for example the same file begun again. */
function isStopped({ record }: Job, phase: Printing | Closing, { klippy }: PrinterState): boolean {
  return phase.kind === 'closing' && phase.closedAt < record.claim.totals.bytes && klippy === 'ready'
}
