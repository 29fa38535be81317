import type { Context, Queryable } from './context.ts'

/**
 * A database transaction that may owe something to the outside: what it has put into the outbox is delivered right after the
 * commit, in the background, whoever asked for it. When the process dies before, the tick delivers it.
 */
export async function inTransaction<T>(
  ctx: Pick<Context, 'db' | 'handlers'>,
  work: (tx: Queryable) => Promise<T>,
): Promise<T> {
  const result = await ctx.db.transaction(work)
  ctx.handlers.afterCommit()
  return result
}
