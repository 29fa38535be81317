import { untilAny } from '../changes.ts'
import type { EdgeContext } from '../context.ts'
import type { Job } from './job/state.ts'

/** As `Changes.until`, looking again when either the job or the printer has changed. */
export function until<T>(ctx: EdgeContext, job: Job, look: () => T | undefined, signal: AbortSignal): Promise<T> {
  return untilAny([job.changes, ctx.moonraker.changes], look, signal)
}
