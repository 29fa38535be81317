import { scaled } from '../../runtime/time-scale.ts'
import { AppError } from '../../schema/http/errors.ts'
import type { Context } from '../context.ts'

const dayMs = 24 * 3600_000

type Clocked = Pick<Context, 'clock' | 'settings'>

/** Things made after this time count for the last 24 hours. */
export function dayStart({ clock, settings }: Clocked): Date {
  return new Date(clock().getTime() - scaled(dayMs, settings))
}

/**
 * Refuses more than `most` things in 24 hours. `made` are the times of the existing ones since `dayStart`, newest first, read while
 * the user's row is locked. Errors: too_many_requests.
 */
export function requireDailyQuota(ctx: Clocked, made: Date[], most: number, things: string): void {
  // When this one is a day old, another is allowed.
  const last = made[most - 1]
  if (!last) return
  const retryAfterS = Math.max(1, Math.ceil((last.getTime() - dayStart(ctx).getTime()) / 1000))
  throw new AppError('too_many_requests', `At most ${most} ${things} in 24 hours. Try again later.`, { retryAfterS })
}
