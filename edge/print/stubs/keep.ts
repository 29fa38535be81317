import { setTimeout as sleep } from 'node:timers/promises'
import { deadline } from '../../../runtime/deadline.ts'
import type { PreparedPurchase } from '../../../schema/http/preparations.ts'
import { createBackoff } from '../../backoff.ts'
import type { EdgeContext } from '../../context.ts'
import type { CurrentJob } from '../job/current-job.ts'
import { markStubs } from './mark.ts'
import { writeFirstStub } from './write.ts'

/** For which registration of this printer. */
interface Known {
  printerId: string
  /** Those whose stub is still to be written, newest first. */
  left: PreparedPurchase[]
}

/**
 * Keeps a stub in the printer's file list for every purchase that is prepared for it, also before anybody has asked for a print,
 * and says in those that cannot be printed any more that they cannot.
 * Looks at the start, after every poll for a job that was answered (the marketplace ends one when something is prepared), and
 * now and then while a job is in hand, when there are no polls. Rejects only when the edge ends.
 */
export async function keepStubs(ctx: EdgeContext, currentJob: CurrentJob): Promise<void> {
  const backoff = createBackoff(ctx.config.timing.firstRetryMs, ctx.config.timing.longestRetryMs, ctx.jitter)
  let known: Known = { printerId: '', left: [] }
  for (;;) {
    const printerId = await ctx.store.changes.until(() => ctx.store.identity()?.printer_id, ctx.signal)
    await ctx.moonraker.changes.until(() => ctx.moonraker.state().isConnected || undefined, ctx.signal)
    if (known.printerId !== printerId) known = { printerId, left: [] }
    const polls = currentJob.polls.answered()
    try {
      await look(ctx, currentJob, known)
      backoff.reset()
      await nextPoll(ctx, currentJob, polls)
    } catch (error) {
      ctx.signal.throwIfAborted()
      ctx.log.warn({ err: error }, 'not every prepared purchase is in the file list yet, trying again')
      await sleep(backoff.next(), undefined, { signal: ctx.signal })
    }
  }
}

async function look(ctx: EdgeContext, currentJob: CurrentJob, known: Known): Promise<void> {
  await ctx.prepared.refresh(ctx.signal)
  known.left = ctx.prepared.takeChanged() ?? known.left
  // The oldest first: of two with one title it has the plain name.
  for (const prepared of known.left.toReversed()) await writeFirstStub(ctx, prepared, known.printerId)
  // One that is being printed has to wait for its change.
  known.left = known.left.filter(one => !ctx.stubs.isWritten(one.purchase_id, one.preparation_id))
  await markStubs(ctx, ctx.prepared.facts(), currentJob.get()?.purchaseId)
}

async function nextPoll(ctx: EdgeContext, currentJob: CurrentJob, polls: number): Promise<void> {
  const limit = deadline(ctx.config.timing.preparedMs, ctx.signal)
  try {
    await currentJob.changes.until(() => currentJob.polls.answered() !== polls || undefined, limit.signal)
  } catch {
    ctx.signal.throwIfAborted()
  } finally {
    limit.clear()
  }
}
