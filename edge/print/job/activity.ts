import type { PrinterActivity } from '../../../schema/http/print-jobs.ts'
import type { PrinterState } from '../../moonraker/printer-state.ts'
import { joinLines, plainText } from '../../plain-text.ts'
import { type Activity, isOn, type Job } from './state.ts'

/** The printer's activity. Null when the job has no print yet, when the print is over, or without a connection. */
export function activityOf(state: PrinterState, job: Job): Activity | null {
  const { isConnected, printStats } = state
  if (job.phase.kind !== 'printing' || !isConnected || !isOn(job, state)) return null
  if (printStats.state === 'printing') return { printer_state: 'printing', printer_message: null }
  const message = whyStillPaused(state, job)
  return { printer_state: whyPaused(state, job), printer_message: message && plainText(joinLines(message)) }
}

function whyPaused({ isParked, isStarved, isFilamentOut }: PrinterState, job: Job): PrinterActivity {
  const { pause, resume_refused } = job.record
  if (isParked) return 'waiting_for_lines'
  if (pause === 'asked' || pause === 'done' || resume_refused !== null) return 'paused_by_marketplace'
  // Klipper's extra no longer resumes the print by itself.
  if (isStarved) return 'waiting_for_lines'
  return isFilamentOut ? 'filament_runout' : 'paused_at_printer'
}

/** Why a paused print does not go on, or may fail to resume. */
function whyStillPaused({ consoleError, isTimedOut, pausedSince }: PrinterState, job: Job): string | null {
  const { resume_refused } = job.record
  if (resume_refused !== null) return `The printer did not resume the print: ${resume_refused}`
  const isErrorOfThisPause = pausedSince !== null && consoleError !== null && consoleError.at >= pausedSince
  if (isErrorOfThisPause) return `The printer says: ${consoleError.text}`
  return isTimedOut ? "Klipper's idle_timeout has run during the pause: heaters and motors may be off." : null
}
