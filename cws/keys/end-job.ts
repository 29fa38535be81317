import type { z } from 'zod'
import type { endJobRequest, endJobResponse } from '../../schema/http/cws.ts'
import { type CwsContext, requireService } from '../context.ts'
import { closeJob } from './openings.ts'

/**
 * The bff tells that a job is over: grants that were given for it open nothing from now on. The same again does no harm.
 * Errors: forbidden.
 */
export async function endJob(
  ctx: CwsContext,
  { job }: z.infer<typeof endJobRequest>,
): Promise<z.infer<typeof endJobResponse>> {
  ctx.concerns(job)
  requireService(ctx, ctx.settings.bffServiceAccount)
  await closeJob(ctx, job)
  return { status: 'ended' }
}
