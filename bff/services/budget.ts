import { scaled } from '../../runtime/time-scale.ts'
import type { Context } from '../context.ts'

// The tick is a request like any other: it ends long before the front end cuts it, and the next one goes on.
const budgetMs = 20_000

/** Begins a task's turn in the tick: what it gives is true while there is time to take up more. */
export function beginTurn({ settings }: Pick<Context, 'settings'>): () => boolean {
  const until = performance.now() + scaled(budgetMs, settings)
  return () => performance.now() < until
}
