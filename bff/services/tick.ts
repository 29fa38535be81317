import { type Context, requireService } from '../context.ts'
import { removeAbandonedModels } from './model/index.ts'
import { drain } from './outbox/index.ts'
import { reconcileTransactions } from './payments/index.ts'
import { expirePreparations } from './preparation/index.ts'
import { expirePrintJobs } from './print-job/index.ts'
import { payUnpaidPurchases } from './purchase/index.ts'
import { purge } from './purge.ts'
import { trimSlices } from './sliced-cache/index.ts'

/** Runs the periodic tasks. Cloud Scheduler calls it; locally a timer does. Several ticks may run at once. */
export async function tick(ctx: Context): Promise<void> {
  requireService(ctx, ctx.settings.schedulerServiceAccount)
  await runDue(ctx)
}

export async function runDue(ctx: Context): Promise<void> {
  const tasks = {
    reconcileTransactions,
    payUnpaidPurchases,
    drain,
    expirePrintJobs,
    expirePreparations,
    removeAbandonedModels,
    trimSlices,
    purge,
  }
  // A task that fails, or waits for a ledger that hangs, must not stop the others.
  const running = Object.entries(tasks).map(([name, task]) =>
    task(ctx).catch((error: unknown) => ctx.log.error({ err: error, task: name }, 'a task of the tick failed')),
  )
  await Promise.all(running)
}
