import { scaled } from '../../runtime/time-scale.ts'
import type { Context } from '../context.ts'

// The tick is an HTTP request: it must end well before the front end's timeout. The next tick continues.
const budgetMs = 20_000

/** Starts a task's time budget in the tick. The returned function is true while there is time to start another item. */
export function startTurn({ settings }: Pick<Context, 'settings'>): () => boolean {
  const until = performance.now() + scaled(budgetMs, settings)
  return () => performance.now() < until
}

const atOnce = 8

/** Runs `work` for each id, 8 at a time, while there is time. A failure is logged and does not stop the others. */
export async function processEach(
  ctx: Context,
  ids: string[],
  work: (id: string) => Promise<unknown>,
  hasTime: () => boolean,
): Promise<void> {
  const queue = [...ids]
  const worker = async () => {
    for (let id = queue.shift(); id; id = hasTime() ? queue.shift() : undefined) {
      await work(id).catch((error: unknown) =>
        ctx.log.warn({ err: error, subject: id }, 'subject not reconciled; the next tick retries it'),
      )
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

/** The time `ms` before now, by our clock. */
export function ago(ctx: Pick<Context, 'clock' | 'settings'>, ms: number): Date {
  return new Date(ctx.clock().getTime() - scaled(ms, ctx.settings))
}
