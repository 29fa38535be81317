import { setTimeout as sleep } from 'node:timers/promises'
import { deadline } from '../../../runtime/deadline.ts'
import type { PreparedPurchase } from '../../../schema/http/preparations.ts'
import { createBackoff } from '../../backoff.ts'
import type { EdgeContext } from '../../context.ts'
import type { CurrentJob } from '../job/current-job.ts'
import { markStubs } from './mark.ts'
import { writeFirstStub } from './write.ts'

/** The stubs to write, for one registration of this printer. */
interface Pending {
  printerId: string
  /** The purchases whose stub is not written yet, newest first. */
  purchases: PreparedPurchase[]
}

/**
 * Keeps a stub in the printer's file list for every purchase that is prepared for this printer, also before any print is ordered, and
 * marks the stubs that can no longer be printed.
 * Runs at the start, after every answered poll for a job (the marketplace answers a poll when a purchase is prepared), and every
 * `preparedMs` during a job, when there are no polls. Rejects only when the edge ends.
 */
export async function keepStubs(ctx: EdgeContext, currentJob: CurrentJob): Promise<void> {
  const backoff = createBackoff(ctx.config.timing.firstRetryMs, ctx.config.timing.longestRetryMs, ctx.jitter)
  let pending: Pending = { printerId: '', purchases: [] }
  for (;;) {
    const printerId = await ctx.store.changes.until(() => ctx.store.identity()?.printer_id, ctx.signal)
    await ctx.moonraker.changes.until(() => ctx.moonraker.state().isConnected || undefined, ctx.signal)
    if (pending.printerId !== printerId) pending = { printerId, purchases: [] }
    const polls = currentJob.polls.answerCount()
    try {
      await updateStubs(ctx, currentJob, pending)
      backoff.reset()
      await nextPoll(ctx, currentJob, polls)
    } catch (error) {
      ctx.signal.throwIfAborted()
      ctx.log.warn({ err: error }, 'not every prepared purchase is in the file list yet, trying again')
      await sleep(backoff.next(), undefined, { signal: ctx.signal })
    }
  }
}

async function updateStubs(ctx: EdgeContext, currentJob: CurrentJob, pending: Pending): Promise<void> {
  await ctx.prepared.refresh(ctx.signal)
  pending.purchases = ctx.prepared.drainChanges() ?? pending.purchases
  // The oldest first: of two purchases with one title, it gets the plain name.
  for (const prepared of pending.purchases.toReversed()) await writeFirstStub(ctx, prepared, pending.printerId)
  // A stub that is being printed is changed later.
  pending.purchases = pending.purchases.filter(one => !ctx.stubs.isWritten(one.purchase_id, one.preparation_id))
  await markStubs(ctx, ctx.prepared.facts(), currentJob.get()?.purchaseId)
}

async function nextPoll(ctx: EdgeContext, currentJob: CurrentJob, polls: number): Promise<void> {
  const limit = deadline(ctx.config.timing.preparedMs, ctx.signal)
  try {
    await currentJob.changes.until(() => currentJob.polls.answerCount() !== polls || undefined, limit.signal)
  } catch {
    ctx.signal.throwIfAborted()
  } finally {
    limit.clear()
  }
}
