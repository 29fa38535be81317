import { AppError } from '../../schema/http/errors.ts'
import { pageRequests } from '../../schema/page/requests.ts'
import type { PrinterState } from '../moonraker/printer-state.ts'
import type { JobHandle } from '../print/job/current-job.ts'
import type { AgentContext } from './context.ts'
import { parseParams } from './request.ts'

/** Errors: printer_offline. */
export function requireKlipper({ moonraker }: AgentContext): PrinterState {
  const state = moonraker.state()
  if (state.isConnected && state.klippy === 'ready') return state
  throw new AppError('printer_offline', 'Klipper is not ready.')
}

/** The current job, which params may name by its id. Errors: invalid_input, not_found. */
export function requireJob({ currentJob }: AgentContext, params: unknown): JobHandle {
  const { print_job_id: wanted } = parseParams(pageRequests.cancel_job, params)
  const job = currentJob.get()
  if (!job || job.state().phase.kind === 'ended' || (wanted !== undefined && wanted !== job.id)) {
    throw new AppError('not_found', 'There is no such job at this printer.')
  }
  return job
}
