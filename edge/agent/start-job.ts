import { AppError } from '../../schema/http/errors.ts'
import { isIdle } from '../moonraker/printer-state.ts'
import { personDeadline } from '../print/job/current-job.ts'
import type { AgentContext } from './context.ts'
import { requireJob, requireKlipper } from './require-job.ts'

/**
 * Starts the print of the current job, as from the file list. The request is valid for 10 minutes. Errors: not_found,
 * printer_offline, printer_busy.
 */
export function startJob(ctx: AgentContext, params: unknown) {
  const job = requireJob(ctx, params)
  const state = requireKlipper(ctx)
  if (!job.state().record.print && !isIdle(state))
    throw new AppError('printer_busy', 'The printer is printing something else.')
  job.send({ kind: 'start-asked', until: personDeadline() })
  return { status: 'starting', print_job_id: job.id }
}
