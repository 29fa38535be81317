import type { PrinterActivity } from '../../../schema/http/print-jobs.ts'
import type { PrinterState } from '../../moonraker/printer-state.ts'
import { joinLines, plainText } from '../../plain-text.ts'
import { type Activity, isOn, type Job } from './state.ts'

/** Null while the printer does not say: the job has no print yet, or the print is over, or there is no connection. */
export function activityOf(state: PrinterState, job: Job): Activity | null {
  const { isConnected, printStats } = state
  if (job.phase.kind !== 'printing' || !isConnected || !isOn(job, state)) return null
  if (printStats.state === 'printing') return { printer_state: 'printing', printer_message: null }
  const message = whyItStays(state, job)
  return { printer_state: whyPaused(state, job), printer_message: message && plainText(joinLines(message)) }
}

function whyPaused({ isParked, isStarved, isFilamentOut }: PrinterState, job: Job): PrinterActivity {
  const { pause, resume_refused } = job.record
  if (isParked) return 'waiting_for_lines'
  if (pause === 'asked' || pause === 'done' || resume_refused !== null) return 'paused_by_marketplace'
  // The time is over in which Klipper's extra would resume it by itself.
  if (isStarved) return 'waiting_for_lines'
  return isFilamentOut ? 'filament_runout' : 'paused_at_printer'
}

/** Why a paused print does not go on, or may not when it is resumed. */
function whyItStays({ consoleError, isTimedOut, pausedSince }: PrinterState, job: Job): string | null {
  const { resume_refused } = job.record
  if (resume_refused !== null) return `The printer did not resume the print: ${resume_refused}`
  const isHeardSince = pausedSince !== null && consoleError !== null && consoleError.at >= pausedSince
  if (isHeardSince) return `The printer says: ${consoleError.text}`
  return isTimedOut ? "Klipper's idle_timeout has run during the pause: heaters and motors may be off." : null
}
