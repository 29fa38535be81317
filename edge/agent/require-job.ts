import { z } from 'zod'
import { AppError } from '../../schema/http/errors.ts'
import { idSchema } from '../../schema/http/ids.ts'
import type { JobHandle } from '../print/job/current-job.ts'
import type { AgentContext } from './context.ts'
import { parseParams } from './request.ts'

const jobRequest = z.object({ print_job_id: idSchema('job').optional() })

/** The current job, which params may name by its id. Errors: invalid_input, not_found. */
export function requireJob({ currentJob }: AgentContext, params: unknown): JobHandle {
  const { print_job_id: wanted } = parseParams(jobRequest, params)
  const job = currentJob.get()
  if (!job || job.state().phase.kind === 'ended' || (wanted !== undefined && wanted !== job.id)) {
    throw new AppError('not_found', 'There is no such job at this printer.')
  }
  return job
}
