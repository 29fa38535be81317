import { z } from 'zod'
import { deadline } from '../runtime/deadline.ts'
import { type Changes, untilAny } from './changes.ts'
import type { EdgeContext } from './context.ts'

export interface Question {
  /** Random, and known to those only who may read what Klipper says: an answer has to have it. */
  nonce: string
  lines: string[]
  /** The buttons' labels; "Start" and "Not now" where none are given. */
  start?: string
  later?: string
  /** What stands on the printer's display after "later", until the question is withdrawn: where the print waits, say. */
  note?: string
  /** The purchase whose print, started and not begun, waits for the answer. Without it nothing may be printing. */
  job?: string
}

/** Void: the question had no answer before something else happened, such as a print begun by hand. */
export type Answer = 'start' | 'later' | 'void'

const nonceSize = 16
/** A question that cannot be taken back is not worth holding up what comes next. */
const withdrawMs = 3000
const shownMs = 3000

export function newNonce(ctx: EdgeContext): string {
  return ctx.randomBytes(nonceSize).toString('hex')
}

/**
 * Asks once, by a dialog of Klipper's extra on every screen, whose status tells the answer. `isOver` is asked again after each of
 * the changes. The caller withdraws the question whatever comes of it. Errors: MoonrakerError (no extra there, or an old one),
 * printer_offline, the signal's reason.
 */
export async function ask(
  ctx: EdgeContext,
  question: Question,
  { changes, isOver, onAsked }: { changes: Changes[]; isOver: () => boolean; onAsked?: () => void },
  signal: AbortSignal,
): Promise<Answer> {
  const asked = () => {
    const { question: current } = ctx.moonraker.state()
    return current?.nonce === question.nonce ? current : null
  }
  const until = <T>(look: () => T | undefined, limit: AbortSignal) =>
    untilAny([ctx.moonraker.changes, ...changes], look, limit)
  await ctx.moonraker.call('printer.lmnt_stream.ask', question, z.unknown())
  onAsked?.()
  // The status tells of the question a moment later than the call does, or never: something may have closed it by then.
  const late = deadline(shownMs, signal)
  try {
    await until(() => isOver() || asked() !== null || undefined, late.signal)
  } catch {
    signal.throwIfAborted()
    return 'void'
  } finally {
    late.clear()
  }
  return until(() => (isOver() || asked() === null ? 'void' : (asked()?.answer ?? undefined)), signal)
}

/** Takes the question back, also when the edge ends: a dialog without it would promise what nobody does. Never rejects. */
export async function withdraw(ctx: EdgeContext, nonce: string): Promise<void> {
  const options = { timeoutMs: withdrawMs }
  await ctx.moonraker.call('printer.lmnt_stream.withdraw', { nonce }, z.unknown(), options).catch(() => {})
}
