import { scaled } from '../../runtime/time-scale.ts'
import { AppError } from '../../schema/http/errors.ts'
import type { Context } from '../context.ts'

const dayMs = 24 * 3600_000

type Clocked = Pick<Context, 'clock' | 'settings'>

/** What was made after this counts for the day. */
export function dayStart({ clock, settings }: Clocked): Date {
  return new Date(clock().getTime() - scaled(dayMs, settings))
}

/**
 * Refuses one more than `most` in 24 hours. `made` is when those since `dayStart` were made, the newest first, counted
 * while the user's row is held. Errors: too_many_requests.
 */
export function requireDailyQuota(ctx: Clocked, made: Date[], most: number, things: string): void {
  // Once this one is a day old there is room again.
  const last = made[most - 1]
  if (!last) return
  const retryAfterS = Math.max(1, Math.ceil((last.getTime() - dayStart(ctx).getTime()) / 1000))
  throw new AppError('too_many_requests', `At most ${most} ${things} in 24 hours. Try again later.`, { retryAfterS })
}
