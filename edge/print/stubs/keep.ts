import { setTimeout as sleep } from 'node:timers/promises'
import { deadline } from '../../../runtime/deadline.ts'
import type { PreparedPurchase } from '../../../schema/http/preparations.ts'
import { createBackoff } from '../../backoff.ts'
import type { EdgeContext } from '../../context.ts'
import type { CurrentJob } from '../job/current-job.ts'
import { markStubs } from './mark.ts'
import { writeFirstStub } from './write.ts'

/** For which registration of this printer. */
interface Pending {
  printerId: string
  /** Those whose stub is still to be written, newest first. */
  purchases: PreparedPurchase[]
}

/**
 * Keeps a stub in the printer's file list for every purchase that is prepared for it, also before anybody has asked for a print,
 * and says in those that cannot be printed any more that they cannot.
 * Looks at the start, after every poll for a job that was answered (the marketplace ends one when something is prepared), and
 * now and then while a job is in hand, when there are no polls. Rejects only when the edge ends.
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
  // The oldest first: of two with one title it has the plain name.
  for (const prepared of pending.purchases.toReversed()) await writeFirstStub(ctx, prepared, pending.printerId)
  // One that is being printed has to wait for its change.
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
