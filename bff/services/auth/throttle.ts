import { eq, sql } from 'drizzle-orm'
import { scaled } from '../../../runtime/time-scale.ts'
import { throttles } from '../../../schema/db/bff.ts'
import { AppError } from '../../../schema/http/errors.ts'
import type { Context } from '../../context.ts'

const windowMs = 15 * 60_000
/** Tries in a window: a person forgets a password ten times, a house behind one address has several persons. */
const most = { account: 10, address: 50 } as const

/** Counts one try before it is made, so that parallel guesses count too. Throws too_many_requests over the limit. */
export async function countTry(ctx: Context, kind: keyof typeof most, name: string): Promise<void> {
  const now = ctx.clock()
  const fresh = new Date(now.getTime() + scaled(windowMs, ctx.settings))
  const isOver = sql`${throttles.resetsAt} <= ${now.toISOString()}`
  const [row] = await ctx.db
    .insert(throttles)
    .values({ key: `${kind}:${name}`, count: 1, resetsAt: fresh })
    .onConflictDoUpdate({
      target: throttles.key,
      set: {
        count: sql`CASE WHEN ${isOver} THEN 1 ELSE ${throttles.count} + 1 END`,
        resetsAt: sql`CASE WHEN ${isOver} THEN ${fresh.toISOString()} ELSE ${throttles.resetsAt} END`,
      },
    })
    .returning()
  if (!row || row.count <= most[kind]) return
  const minutes = Math.max(1, Math.ceil((row.resetsAt.getTime() - now.getTime()) / 60_000))
  throw new AppError('too_many_requests', `Too many tries: wait ${minutes} minutes.`)
}

/** A right password clears the account's count, and was no guess of the address, whose other tries still count. */
export async function forgetTries(ctx: Context, account: string, address: string): Promise<void> {
  await ctx.db.delete(throttles).where(eq(throttles.key, `account:${account}`))
  await ctx.db
    .update(throttles)
    .set({ count: sql`greatest(${throttles.count} - 1, 0)` })
    .where(eq(throttles.key, `address:${address}`))
}
