import { eq, sql } from 'drizzle-orm'
import { scaled } from '../../runtime/time-scale.ts'
import { throttles } from '../../schema/db/bff/index.ts'
import { AppError } from '../../schema/http/errors.ts'
import type { Context } from '../context.ts'
import type { Settings } from '../settings.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs

interface Limit {
  most: number | ((settings: Settings) => number)
  windowMs: number
  /** The word for the uses in a refusal; without it: tries. */
  name?: string
}

/** How many times in a window; each use names whom or what it is counted for. */
const limits = {
  /** Passwords tried for one account from one network: a person forgets a password ten times. */
  guess: { most: 10, windowMs: 15 * minuteMs },
  /** Passwords tried from one network, behind which several people live. */
  network: { most: 50, windowMs: 15 * minuteMs },
  /** Passwords tried for one account from everywhere, its known devices not counted. */
  account: { most: 100, windowMs: 15 * minuteMs },
  /** Passwords tried by one known device. */
  device: { most: 10, windowMs: 15 * minuteMs },
  /** Password changes tried by one user. */
  'change-password': { most: 10, windowMs: 15 * minuteMs },
  /** Accounts made from one network. */
  registration: { most: 50, windowMs: 15 * minuteMs },
  /** Grants that one print job asks for, beside those of its claims. */
  'key-grant': { most: 20, windowMs: minuteMs },
  /** Model files that one designer uploads; each costs the bucket and the slicer as much when it is refused. */
  upload: { most: settings => settings.uploadsPerDay, windowMs: 24 * hourMs, name: 'uploads' },
} satisfies Record<string, Limit>

export interface Use {
  kind: keyof typeof limits
  name: string
}

/** Counts a use before it happens, so that parallel ones count too. Errors: too_many_requests. */
export async function countUse(ctx: Context, { kind, name }: Use): Promise<void> {
  const limit: Limit = limits[kind]
  const { windowMs, name: counted = 'tries' } = limit
  const most = typeof limit.most === 'number' ? limit.most : limit.most(ctx.settings)
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
  if (!row || row.count <= most) return
  const retryAfterS = Math.ceil((row.resetsAt.getTime() - now.getTime()) / 1000)
  throw new AppError('too_many_requests', `Too many ${counted}. Try again in ${inWords(retryAfterS)}.`, { retryAfterS })
}

/** Takes uses back that turned out to be none to count. */
export async function undoUses(ctx: Context, uses: Use[]): Promise<void> {
  // One row after the other, in the order in which they are counted: two log-ins at once never wait for each other.
  for (const { kind, name } of uses) {
    await ctx.db
      .update(throttles)
      .set({ count: sql`greatest(${throttles.count} - 1, 0)` })
      .where(eq(throttles.key, `${kind}:${name}`))
  }
}

/** Begins the count anew. */
export async function resetUses(ctx: Context, { kind, name }: Use): Promise<void> {
  await ctx.db.delete(throttles).where(eq(throttles.key, `${kind}:${name}`))
}

function inWords(seconds: number): string {
  if (seconds <= 90) return `${seconds} seconds`
  return seconds <= 5400 ? `${Math.ceil(seconds / 60)} minutes` : `${Math.ceil(seconds / 3600)} hours`
}
