import { createChanges } from '../changes.ts'
import type { EdgeContext } from '../context.ts'
import type { Job } from './job/state.ts'

/** As `Changes.until`, looking again when either the job or the printer has changed. */
export async function until<T>(ctx: EdgeContext, job: Job, look: () => T | undefined, signal: AbortSignal): Promise<T> {
  const either = createChanges()
  const stops = [job.changes.listen(either.emit), ctx.moonraker.changes.listen(either.emit)]
  try {
    return await either.until(look, signal)
  } finally {
    for (const stop of stops) stop()
  }
}
