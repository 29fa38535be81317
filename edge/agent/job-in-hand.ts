import { z } from 'zod'
import { AppError } from '../../schema/http/errors.ts'
import { idSchema } from '../../schema/http/ids.ts'
import type { Job } from '../print/job/state.ts'
import type { AgentContext } from './context.ts'
import { parseParams } from './request.ts'

const jobRequest = z.object({ print_job_id: idSchema('job').optional() })

/** The job in hand, which is also the one that is meant when none is named. Errors: invalid_input, not_found. */
export function jobInHand({ desk }: AgentContext, params: unknown): Job {
  const { print_job_id: wanted } = parseParams(jobRequest, params)
  const job = desk.current()
  if (!job || job.ending || (wanted !== undefined && wanted !== job.id)) {
    throw new AppError('not_found', 'There is no such job at this printer.')
  }
  return job
}
