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
  /** The plural noun in the refusal; default: tries. */
  name?: string
}

/** The number of uses per time window; each use names the account, network or device it is counted for. */
const limits = {
  /** Passwords tried for one account from one network. */
  guess: { most: 10, windowMs: 15 * minuteMs },
  /** Passwords tried from one network, which several users may share. */
  network: { most: 50, windowMs: 15 * minuteMs },
  /** Passwords tried for one account from all networks, except by its known devices. */
  account: { most: 100, windowMs: 15 * minuteMs },
  /** Passwords tried by one known device. */
  device: { most: 10, windowMs: 15 * minuteMs },
  /** Password changes tried by one user. */
  'change-password': { most: 10, windowMs: 15 * minuteMs },
  /** Accounts made from one network. */
  registration: { most: 50, windowMs: 15 * minuteMs },
  /** Grants requested for one print job, except those of its claims. */
  'key-grant': { most: 20, windowMs: minuteMs },
  /** Model files uploaded by one designer, refused ones included: each costs storage and slicer time. */
  upload: { most: settings => settings.uploadsPerDay, windowMs: 24 * hourMs, name: 'uploads' },
} satisfies Record<string, Limit>

export interface Use {
  kind: keyof typeof limits
  name: string
}

/** Counts a use before it happens, so that parallel requests cannot exceed the limit. Errors: too_many_requests. */
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

/** Uncounts uses, such as log-ins that succeeded. */
export async function undoUses(ctx: Context, uses: Use[]): Promise<void> {
  // One row per statement and in the order of counting, so that parallel log-ins cannot deadlock.
  for (const { kind, name } of uses) {
    await ctx.db
      .update(throttles)
      .set({ count: sql`greatest(${throttles.count} - 1, 0)` })
      .where(eq(throttles.key, `${kind}:${name}`))
  }
}

/** Resets a count. */
export async function resetUses(ctx: Context, { kind, name }: Use): Promise<void> {
  await ctx.db.delete(throttles).where(eq(throttles.key, `${kind}:${name}`))
}

function inWords(seconds: number): string {
  if (seconds <= 90) return `${seconds} seconds`
  return seconds <= 5400 ? `${Math.ceil(seconds / 60)} minutes` : `${Math.ceil(seconds / 3600)} hours`
}
