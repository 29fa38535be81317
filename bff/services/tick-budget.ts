import { scaled } from '../../runtime/time-scale.ts'
import type { Context } from '../context.ts'

// The tick is a request like any other: it ends long before the front end cuts it, and the next one goes on.
const budgetMs = 20_000

/** Begins a task's turn in the tick: what it gives is true while there is time to take up more. */
export function startTurn({ settings }: Pick<Context, 'settings'>): () => boolean {
  const until = performance.now() + scaled(budgetMs, settings)
  return () => performance.now() < until
}

const atOnce = 8

/** A few at a time while there is time; one that fails is logged, and keeps no other waiting. The next tick goes on. */
export async function processEach(
  ctx: Context,
  ids: string[],
  work: (id: string) => Promise<unknown>,
  hasTime: () => boolean,
): Promise<void> {
  const queue = [...ids]
  const worker = async () => {
    for (let id = queue.shift(); id; id = hasTime() ? queue.shift() : undefined) {
      await work(id).catch((error: unknown) => ctx.log.warn({ err: error, subject: id }, 'not reconciled'))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

/** The moment so long ago, on our clock. */
export function ago(ctx: Pick<Context, 'clock' | 'settings'>, ms: number): Date {
  return new Date(ctx.clock().getTime() - scaled(ms, ctx.settings))
}
