import { activityOf } from '../print/job/activity.ts'
import type { Activity, Job } from '../print/job/state.ts'
import { version } from '../version.ts'
import type { AgentContext } from './context.ts'

/** The status of the edge, for everyone on the LAN: of the person and the model it contains only the file's name. */
export function status({ config, confirm, currentJob, moonraker, outbox, reach, settings, store }: AgentContext) {
  const identity = store.identity()
  const { isConnected, klippy } = moonraker.state()
  const job = currentJob.get()
  const activity = job && activityOf(moonraker.state(), job.state())
  return {
    version,
    /** Plain HTTP calls that change something must send this value: see confirm.ts. */
    confirm,
    registered: identity !== null,
    printer_id: identity?.printer_id ?? null,
    name: identity?.name ?? null,
    auto_start: settings.autoStart(),
    marketplace: { url: config.marketplaceUrl, reachable: reach.isReached(), problem: currentJob.problem },
    printer: { connected: isConnected, klippy },
    job: job && {
      print_job_id: job.id,
      purchase_id: job.purchaseId,
      file: job.state().record.stub,
      state: stateOf(job.state(), activity),
      printer_state: activity?.printer_state ?? null,
      printer_message: activity?.printer_message ?? null,
      problem: job.state().problem,
    },
    reports: outbox.entries().map(({ report, refused }) => ({
      print_job_id: report.print_job_id,
      status: report.status,
      state: refused ? 'refused' : 'waiting',
      problem: refused,
    })),
    dropped_reports: outbox.dropped(),
  }
}

function stateOf(job: Job, activity: Activity | null): string {
  if (job.phase.kind === 'ended') return 'ending'
  if (job.record.print) return activity && activity.printer_state !== 'printing' ? 'paused' : 'printing'
  if (!job.record.isSpooled) return 'downloading'
  return 'ready'
}
