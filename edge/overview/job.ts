import type { PageJob } from '../../schema/page/state.ts'
import { isIdle, type PrinterState } from '../moonraker/printer-state.ts'
import { activityOf } from '../print/job/activity.ts'
import { isOn, type Job } from '../print/job/state.ts'
import { timeLeft } from './time-left.ts'

/** The current job for people who watch it. */
export function jobView(job: Job, printer: PrinterState): PageJob {
  const { claim } = job.record
  const activity = activityOf(printer, job)
  const state = stateOf(job, printer)
  const figures = state === 'printing' || state === 'paused' ? figuresOf(job, printer) : noFigures(job)
  const { objects } = printer.watched
  const areObjectsShown = (state === 'printing' || state === 'paused') && objects.length > 1
  return {
    print_job_id: job.id,
    purchase_id: job.purchaseId,
    title: claim.title,
    has_picture: claim.thumbnail !== null,
    state,
    printer_state: activity?.printer_state ?? null,
    printer_message: activity?.printer_message ?? null,
    problem: job.problem,
    is_cancel_requested: job.isCancelWanted,
    ...figures,
    estimated_seconds: claim.totals.estimated_time_s,
    estimated_filament_mm: claim.totals.filament_mm,
    filament_type: claim.summary.filament_type || null,
    profile_name: claim.profile_name ?? null,
    can: {
      start: state === 'ready' && isIdle(printer),
      pause: state === 'printing' && activity?.printer_state === 'printing',
      resume: state === 'paused' && printer.klippy === 'ready' && activity?.printer_state !== 'waiting_for_lines',
      cancel: state !== 'ending' && !job.isCancelWanted,
      skip_object: areObjectsShown && objects.filter(one => !one.isExcluded).length > 1,
    },
    objects: areObjectsShown
      ? objects.map(({ name, isCurrent, isExcluded }) => ({ name, is_current: isCurrent, is_excluded: isExcluded }))
      : [],
  }
}

function stateOf(job: Job, printer: PrinterState): PageJob['state'] {
  const { phase, record } = job
  if (phase.kind === 'ended' || phase.kind === 'closing') return 'ending'
  if (phase.kind === 'printing') {
    return isOn(job, printer) && printer.printStats.state === 'paused' ? 'paused' : 'printing'
  }
  if (!record.isSpooled) return 'downloading'
  return phase.start.kind !== 'none' || phase.startUntil !== null ? 'starting' : 'ready'
}

type Figures = Pick<
  PageJob,
  'progress' | 'layer' | 'layers' | 'print_seconds' | 'total_seconds' | 'seconds_left' | 'filament_used_mm'
>

function noFigures(job: Job): Figures {
  const { figures, progress, claim } = job.record
  return {
    progress,
    layer: figures.layers ?? null,
    layers: claim.totals.layers || null,
    print_seconds: figures.print_duration_s ?? null,
    total_seconds: figures.total_duration_s ?? null,
    seconds_left: null,
    filament_used_mm: figures.filament_used_mm ?? null,
  }
}

function figuresOf(job: Job, printer: PrinterState): Figures {
  // While the printer is away, the last figures are the best.
  if (!isOn(job, printer)) return noFigures(job)
  const { print_duration, total_duration, filament_used, info } = printer.printStats
  const { totals } = job.record.claim
  const progress = printer.fileSize === totals.bytes ? printer.progress : job.record.progress
  const layers = info.total_layer || totals.layers
  return {
    progress,
    layer: info.current_layer && info.current_layer > 0 ? Math.trunc(info.current_layer) : null,
    layers: layers ? Math.trunc(layers) : null,
    print_seconds: print_duration,
    total_seconds: total_duration,
    seconds_left: timeLeft({ estimatedS: totals.estimated_time_s, printedS: print_duration, progress }),
    filament_used_mm: filament_used,
  }
}
