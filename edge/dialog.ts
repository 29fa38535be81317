import { z } from 'zod'
import { deadline } from '../runtime/deadline.ts'
import { type Changes, untilAny } from './changes.ts'
import type { EdgeContext } from './context.ts'

export interface Question {
  /** Random, known only to clients that may read Klipper's output. An answer has to contain it. */
  nonce: string
  lines: string[]
  /** The buttons' labels; "Start" and "Not now" where none are given. */
  start?: string
  later?: string
  /** The printer's display shows this after "later", until the question is withdrawn: where the print waits, for example. */
  note?: string
  /** The purchase whose print, started and not begun, waits for the answer. Without it nothing may be printing. */
  job?: string
}

/** Void: the question had no answer before something else happened, such as a print begun by hand. */
export type Answer = 'start' | 'later' | 'void'

const nonceSize = 16
/** A question that cannot be withdrawn must not delay the next step. */
const withdrawMs = 3000
const shownMs = 3000

export function newNonce(ctx: EdgeContext): string {
  return ctx.randomBytes(nonceSize).toString('hex')
}

/**
 * Asks once, by a dialog of Klipper's extra on every screen. The status of the extra has the answer. `isOver` is called again
 * after each of the changes. The caller withdraws the question in every case, also after an error. Errors: MoonrakerError (the
 * extra is missing or too old), printer_offline, the signal's reason.
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
  const until = <T>(read: () => T | undefined, limit: AbortSignal) =>
    untilAny([ctx.moonraker.changes, ...changes], read, limit)
  await ctx.moonraker.call('printer.lmnt_stream.ask', question, z.unknown())
  onAsked?.()
  // The status shows the question a moment after the call was answered, or never: something may have closed it by then.
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

/** Withdraws the question, also when the edge ends: without it nobody would act on the answer. Never rejects. */
export async function withdraw(ctx: EdgeContext, nonce: string): Promise<void> {
  const options = { timeoutMs: withdrawMs }
  await ctx.moonraker.call('printer.lmnt_stream.withdraw', { nonce }, z.unknown(), options).catch(() => {})
}
