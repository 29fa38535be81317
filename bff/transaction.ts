import type { Context, Queryable } from './context.ts'

/**
 * Runs a database transaction. The rows that it adds to the outbox are delivered in the background right after the commit, or by the
 * tick if the process dies before.
 */
export async function inTransaction<T>(
  ctx: Pick<Context, 'db' | 'handlers'>,
  work: (tx: Queryable) => Promise<T>,
): Promise<T> {
  const result = await ctx.db.transaction(work)
  ctx.handlers.afterCommit()
  return result
}
