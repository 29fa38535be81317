import type { Changes } from './changes.ts'
import { createChanges } from './changes.ts'
import type { EdgeContext } from './context.ts'
import type { Reach } from './marketplace/reach.ts'
import type { CurrentJob } from './print/job/current-job.ts'
import type { SecurityLog } from './security-log.ts'
import type { Identity } from './store.ts'

/** What the printer's page needs of its edge beside the agent's methods. */
export interface PageParts {
  /** The name of the printer's section in lmnt-edge.cfg. */
  name: string
  identity: () => Identity | null
  /** Whether Moonraker demands a log-in: then the page does not show or stop anything without one. */
  isMoonrakerGuarded: boolean
  securityLog: SecurityLog
  /** The picture of the current job: a PNG in base64; null when the id is another job's, or it has none. */
  pictureOfJob: (jobId: string) => string | null
  /** Follows what the page shows: calls `onChange` at each change, and has Moonraker send temperatures. Returns the function that ends it. */
  follow: (onChange: () => void) => () => void
}

export function pageParts(ctx: EdgeContext, currentJob: CurrentJob, reach: Reach): PageParts {
  return {
    name: ctx.config.printerName ?? 'printer',
    identity: ctx.store.identity,
    isMoonrakerGuarded: ctx.config.moonrakerApiKey !== undefined,
    securityLog: ctx.securityLog,
    pictureOfJob: jobId => {
      const job = currentJob.get()
      return job?.id === jobId ? job.state().record.claim.thumbnail : null
    },
    follow: onChange => follow(ctx, currentJob, reach, onChange),
  }
}

function follow(ctx: EdgeContext, currentJob: CurrentJob, reach: Reach, onChange: () => void): () => void {
  const { moonraker, store, outbox, settings } = ctx
  const sources: Changes[] = [moonraker.changes, store.changes, outbox.changes, settings.changes, reach.changes]
  const job = createChanges()
  let stopJob = () => {}
  const followJob = () => {
    stopJob()
    stopJob = currentJob.get()?.changes.listen(job.emit) ?? (() => {})
    job.emit()
  }
  const stops = [...sources, job].map(one => one.listen(onChange))
  stops.push(currentJob.changes.listen(followJob), moonraker.watch())
  followJob()
  return () => {
    stopJob()
    for (const stop of stops) stop()
  }
}
