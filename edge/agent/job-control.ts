import { z } from 'zod'
import { AppError } from '../../schema/http/errors.ts'
import { idSchema } from '../../schema/http/ids.ts'
import type { EdgeContext } from '../context.ts'
import { isIdle } from '../moonraker/printer-state.ts'
import type { Desk } from '../print/desk.ts'
import { change, type Job } from '../print/job.ts'
import { cancel } from '../print/progress.ts'
import { parseParams } from './request.ts'

const jobRequest = z.object({ print_job_id: idSchema('job').optional() })

/** Starts the print of the job in hand, as the file list would. Errors: not_found, printer_offline, printer_busy. */
export function startJob(ctx: EdgeContext, desk: Desk, params: unknown) {
  const job = jobInHand(desk, params)
  const state = ctx.moonraker.state()
  if (!state.isConnected || state.klippy !== 'ready') throw new AppError('printer_offline', 'Klipper is not ready.')
  if (!job.record.print && !isIdle(state)) throw new AppError('printer_busy', 'The printer is printing something else.')
  change(job, { isStartWanted: true })
  return { status: 'starting', print_job_id: job.id }
}

/** Cancels the job in hand, whether its print has begun or not. Errors: not_found. */
export async function cancelJob(ctx: EdgeContext, desk: Desk, params: unknown) {
  const job = jobInHand(desk, params)
  change(job, { isCancelWanted: true })
  await cancel(ctx, job)
  return { status: 'cancelling', print_job_id: job.id }
}

function jobInHand(desk: Desk, params: unknown): Job {
  const { print_job_id: wanted } = parseParams(jobRequest, params)
  const job = desk.current()
  if (!job || job.ending || (wanted !== undefined && wanted !== job.id)) {
    throw new AppError('not_found', 'There is no such job at this printer.')
  }
  return job
}
