import { randomBytes } from 'node:crypto'
import { type PrinterState, readState } from '../../../edge/moonraker/printer-state.ts'
import type { OpenGcode } from '../../../edge/print/gcode/open.ts'
import type { Action, PlanSettings } from '../../../edge/print/job/action.ts'
import { apply, type JobEvent, observe } from '../../../edge/print/job/events.ts'
import { plan } from '../../../edge/print/job/plan.ts'
import { type Job, jobFromRecord, recordFromClaim } from '../../../edge/print/job/state.ts'
import { newId } from '../../../schema/http/ids.ts'
import type { ClaimedJob } from '../../../schema/http/print-jobs.ts'

export const boot = 'this boot'
export const stub = 'LMNT/Gear.gcode'
export const size = 1000
/** The byte after the last line that extrudes. */
export const printedBy = 900
export const settings: PlanSettings = { isRegistered: true, progressMs: 10_000, unknownMs: 15_000 }
export const print = { filename: stub, history_id: 'A', history_after: '9', boot }
export const gcode = { totals: { bytes: size }, printedBy, close: async () => {} } as unknown as OpenGcode

export const claim = {
  print_job_id: newId('job', randomBytes),
  purchase_id: newId('purchase', randomBytes),
  title: 'Gear',
  totals: { bytes: size, lines: 100, layers: 10 },
  cancel_requested: false,
  pause_requested: false,
  cws_token: 'grant',
  cws_url: 'http://127.0.0.1',
} as unknown as ClaimedJob

export interface PrinterFields {
  state?: 'standby' | 'printing' | 'paused' | 'complete' | 'cancelled' | 'error'
  filename?: string
  position?: number
  total?: number
  klippy?: 'ready' | 'startup' | 'shutdown'
  isConnected?: boolean
  isParked?: boolean
  /** Time since which it has been idle; null when it is not. */
  idleSince?: number | null
}

/** A printer's state as the edge keeps it. */
export function printerOf(shown: PrinterFields = {}): PrinterState {
  const state = shown.state ?? 'standby'
  const status = {
    webhooks: { state: shown.klippy ?? 'ready', state_message: '' },
    print_stats: {
      state,
      filename: shown.filename ?? (state === 'standby' ? '' : stub),
      total_duration: shown.total ?? (state === 'standby' ? 0 : 60),
    },
    virtual_sdcard: { progress: (shown.position ?? 0) / size, file_position: shown.position ?? 0, file_size: size },
    lmnt_stream: { is_parked: shown.isParked ?? false },
  }
  const isBusy = state === 'printing' || state === 'paused' || (shown.klippy ?? 'ready') !== 'ready'
  const idleSince = shown.idleSince === undefined ? (isBusy ? null : 0) : shown.idleSince
  return {
    ...readState(status),
    isConnected: shown.isConnected ?? true,
    idleSince,
    pausedSince: null,
    consoleError: null,
  }
}

export function claimedJob(): Job {
  return after(jobFromRecord(recordFromClaim(claim), boot), { kind: 'claimed', claim, at: 0 })
}

export function after(job: Job, ...events: JobEvent[]): Job {
  return events.reduce(apply, job)
}

/** The kinds of the planned actions after the printer's state was observed, without waits. */
export function plannedKinds(job: Job, printer: PrinterState, now: number, with_ = settings): Action['kind'][] {
  const actions = plan(observe(job, printer, now), printer, now, with_)
  return actions.map(action => action.kind).filter(kind => kind !== 'wait')
}
