import type { z } from 'zod'
import type { endJobRequest, endJobResponse } from '../../schema/http/cws.ts'
import { type CwsContext, requireService } from '../context.ts'
import { closeJob } from './openings.ts'

/**
 * Ends a job for the bff: grants for it open no key from now on. Safe to repeat.
 * Errors: forbidden.
 */
export async function endJob(
  ctx: CwsContext,
  { job }: z.infer<typeof endJobRequest>,
): Promise<z.infer<typeof endJobResponse>> {
  ctx.setSubject(job)
  requireService(ctx, ctx.settings.bffServiceAccount)
  await closeJob(ctx, job)
  return { status: 'ended' }
}
