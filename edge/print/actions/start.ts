import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { deadline } from '../../../runtime/deadline.ts'
import { abortable } from '../../abortable.ts'
import { createBackoff } from '../../backoff.ts'
import type { EdgeContext } from '../../context.ts'
import { isIdle, type PrinterState } from '../../moonraker/printer-state.ts'
import { isOurs } from '../job/outcome.ts'
import { change, fail, type Job } from '../job/state.ts'
import { note } from '../prepare.ts'
import { writeStub } from '../stubs/write.ts'
import { isStartWanted } from '../want-start.ts'
import { queuedMs } from './cancel.ts'

/** A print started sooner after Klippy's start or another print's end is missing from Moonraker's history. */
const settleMs = 500
/** How long the print waits for Moonraker's parser at most, and how often it is asked for. */
const parseMs = 5000
const parseAgainMs = 100
/** How long a started print may take until its stub asks for the lines. */
const askMs = 30_000

/**
 * Starts the print when someone wants it started (want-start.ts): the configuration by auto_start, or a person, by start_job or
 * in the dialog at the printer. Waits until the printer is idle; a stub that ends before it has asked for the lines (no extra
 * in Klipper, say) ends the job.
 */
export async function startWhenWanted(ctx: EdgeContext, job: Job, signal: AbortSignal): Promise<void> {
  const backoff = createBackoff(ctx.config.timing.firstRetryMs, ctx.config.timing.longestRetryMs, ctx.jitter)
  for (;;) {
    const stub = await job.changes.until(() => (isStartWanted(job) && job.record.stub) || undefined, signal)
    if (job.record.print) return
    change(job, { isOpenWanted: true })
    await job.changes.until(() => job.gcode ?? undefined, signal)
    await parsed(ctx, stub, signal)
    await settled(ctx, signal)
    if (job.record.print) return
    if (!isStartWanted(job)) continue
    try {
      if (!job.record.isStartAsked) await note(ctx, job, { isStartAsked: true })
      if (!isStartWanted(job)) continue
      // Not given up while it waits behind a long macro: a second start would wait there, too.
      const options = { timeoutMs: queuedMs }
      const begunAt = performance.now()
      await abortable(ctx.moonraker.call('printer.print.start', { filename: stub }, z.unknown(), options), signal)
      await ctx.moonraker.refresh()
      if (await hasAsked(ctx, job, begunAt, signal)) return
    } catch (error) {
      signal.throwIfAborted()
      ctx.log.warn({ err: error, print_job_id: job.id }, 'the print could not be started, trying again')
      await sleep(backoff.next(), undefined, { signal })
      // Perhaps someone has deleted the file.
      const written = await writeStub(ctx, job.record.claim).catch(() => null)
      if (written !== null) await note(ctx, job, { stub: written }).catch(() => {})
    }
  }
}

/** The history takes a file's picture and figures when its print starts, and never again: Moonraker has to have read them. */
async function parsed(ctx: EdgeContext, stub: string, signal: AbortSignal): Promise<void> {
  const until = performance.now() + parseMs
  const isParsed = () => ctx.moonraker.call('server.files.metadata', { filename: stub }, z.unknown())
  while (performance.now() < until) {
    const answer = await isParsed().catch(() => null)
    if (answer) return
    await sleep(parseAgainMs, undefined, { signal })
  }
}

async function settled(ctx: EdgeContext, signal: AbortSignal): Promise<void> {
  for (;;) {
    const since = await ctx.moonraker.changes.until(() => ctx.moonraker.state().idleSince ?? undefined, signal)
    const rest = since + settleMs - performance.now()
    if (rest <= 0) return
    await sleep(rest, undefined, { signal })
  }
}

/**
 * Waits for the stream to be asked for. False: nothing came of it. Ends the job when the stub's print, begun at that time (of
 * performance.now()), ended instead.
 */
async function hasAsked(ctx: EdgeContext, job: Job, begunAt: number, signal: AbortSignal): Promise<boolean> {
  const late = deadline(askMs, signal)
  const asked = job.changes.until(() => job.record.print ?? undefined, late.signal)
  const over = ctx.moonraker.changes.until(() => {
    const state = ctx.moonraker.state()
    return isIdle(state) && isOurs(state, job) ? state : undefined
  }, late.signal)
  asked.catch(() => {})
  over.catch(() => {})
  try {
    const ended = await Promise.race([asked.then(() => null), over])
    if (!ended || job.record.print) return true
    const { reason, text } = whyNotBegun(ended, begunAt, job.isCancelWanted)
    fail(job, reason, text)
    return true
  } catch {
    signal.throwIfAborted()
    return false
  } finally {
    late.clear()
  }
}

/** Why a stub's print ended before it asked for its lines. An error that on_error_gcode answers by a cancel is told on the console only. */
export function whyNotBegun(
  { printStats, consoleError }: PrinterState,
  begunAt: number,
  isCancelWanted: boolean,
): { reason: 'cancelled' | 'error'; text: string } {
  const told = consoleError !== null && consoleError.at >= begunAt ? consoleError.text : ''
  const text = printStats.message || told
  const isCancelled = isCancelWanted || (printStats.state === 'cancelled' && text === '')
  return { reason: isCancelled ? 'cancelled' : 'error', text: text || 'The print ended before its first line.' }
}
