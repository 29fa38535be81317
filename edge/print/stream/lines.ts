import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { deadline } from '../../../runtime/deadline.ts'
import { AppError, isAppError } from '../../../schema/http/errors.ts'
import { createBackoff } from '../../backoff.ts'
import type { EdgeContext } from '../../context.ts'
import { isDiskFull } from '../../durable.ts'
import { isPrinting } from '../../moonraker/printer-state.ts'
import { MoonrakerError } from '../../moonraker/rpc.ts'
import { plainText } from '../../plain-text.ts'
import type { OpenGcode } from '../gcode/open.ts'
import { lastHistoryId } from '../history.ts'
import type { Desk } from '../job/current-job.ts'
import { conclude } from '../job/outcome.ts'
import { change, end, failure, type Job, whyEnded } from '../job/state.ts'
import { note } from '../prepare.ts'
import { Declined } from './ask-for-right.ts'
import { jobForPurchase } from './find-job.ts'
import { createStreamPeer, type StreamPeer } from './peer.ts'

const requestMs = 5000
/** How long a connection that the extra has made anew waits for its old one to be gone. */
const oldStreamMs = 2000

/**
 * One connection of Klipper's extra: finds the job of the purchase, says {"wait"} while things are made ready, then hands out
 * the lines from the byte that was asked for. Every end of it is told to the extra in words for the person at the printer.
 */
export async function serveStream(ctx: EdgeContext, desk: Desk, socket: Socket): Promise<void> {
  const peer = createStreamPeer(socket, requestMs)
  const signal = AbortSignal.any([ctx.signal, peer.gone])
  let ready: Ready
  try {
    ready = await makeReady(ctx, desk, peer, signal)
  } catch (error) {
    const isDeclined = error instanceof Declined
    if (!signal.aborted) peer.answer(isDeclined ? { cancel: error.message } : { error: inWords(ctx, error) })
    return peer.end()
  }
  try {
    await sendLines(ready, peer, signal)
    peer.end()
  } catch (error) {
    // Lines are on their way: a word in between would be run as one of them.
    peer.breakOff()
    if (isAppError(error)) breakOff(ready.job, error)
    else if (!signal.aborted && !ready.job.ending) ctx.log.error({ err: error }, 'a stream failed')
  }
}

/** The rest of the lines cannot be had. */
function breakOff(job: Job, { code, message }: AppError): void {
  end(job, { kind: 'outcome', outcome: conclude(job, failure(code, message)) })
}

interface Ready {
  job: Job
  gcode: OpenGcode
  offset: number
}

async function makeReady(ctx: EdgeContext, desk: Desk, peer: StreamPeer, signal: AbortSignal): Promise<Ready> {
  const { job: purchaseId, offset } = await peer.request
  const waiting = sayWait(peer, ctx.config.timing.waitLineMs)
  try {
    const filename = await requirePrint(ctx, signal)
    const job = await jobForPurchase(ctx, desk, { purchaseId, isGoingOn: offset > 0, onAsk: waiting.onAsk }, signal)
    if (job.isCancelWanted && !job.record.print) throw new AppError('print_refused', 'This print was cancelled.')
    waiting.about(job)
    await takeStream(job, peer, signal)
    peer.onGoodbye(goodbye => closed(ctx, job, goodbye.position))
    await bind(ctx, job, filename, offset)
    const gcode = await opened(job, signal)
    if (offset > gcode.totals.bytes) throw new AppError('print_refused', 'The file changed while it was printed.')
    return { job, gcode, offset }
  } finally {
    waiting.stop()
  }
}

/**
 * Gives the name of the file that the printer is printing. Klipper is alive, since its extra asks: what keeps Moonraker from
 * saying so, such as its own restart, is waited for. Errors: print_refused when it prints none.
 */
async function requirePrint(ctx: EdgeContext, signal: AbortSignal): Promise<string> {
  const backoff = createBackoff(ctx.config.timing.firstRetryMs, ctx.config.timing.longestRetryMs, ctx.jitter)
  const isReady = () => ctx.moonraker.state().isConnected && ctx.moonraker.state().klippy === 'ready'
  for (;;) {
    await ctx.moonraker.changes.until(() => isReady() || undefined, signal)
    const state = await ctx.moonraker.refresh().catch((error: unknown) => {
      if (!isAppError(error, 'printer_offline') && !(error instanceof MoonrakerError)) throw error
      ctx.log.warn({ err: error }, 'Moonraker cannot tell what is printed, asking again')
    })
    if (state && isReady()) {
      if (isPrinting(state)) return state.printStats.filename
      throw new AppError('print_refused', "Start the file from the printer's file list.")
    }
    await sleep(backoff.next(), undefined, { signal })
  }
}

/** One stream a job: a second one waits until the first is gone, or is refused. Who has taken it gives it back when it goes. */
async function takeStream(job: Job, peer: StreamPeer, signal: AbortSignal): Promise<void> {
  const late = deadline(oldStreamMs, signal)
  // Looked at and taken in one: of two that wait for the same bell, the second must find it taken.
  const take = () => {
    if (job.isStreaming) return undefined
    job.isStreaming = true
    peer.gone.addEventListener('abort', () => change(job, { isStreaming: false }), { once: true })
    return true
  }
  try {
    await job.changes.until(take, late.signal)
  } catch {
    signal.throwIfAborted()
    throw new AppError('print_refused', 'This file is being printed already.')
  } finally {
    late.clear()
  }
}

/** From here on the print on the printer is this job's, also for an edge that is started again. */
async function bind(ctx: EdgeContext, job: Job, filename: string, offset: number): Promise<void> {
  if (job.record.print === null) {
    change(job, { isSeenWhole: offset === 0 })
    const history_after = await lastHistoryId(ctx).catch(() => null)
    const print = { filename, history_id: null, history_after, boot: ctx.bootNonce }
    await note(ctx, job, { print })
  }
  change(job, { isOpenWanted: true })
}

/** Klipper has let go of the lines, after it had run them up to `position`. */
function closed(ctx: EdgeContext, job: Job, position: number): void {
  const closedAt = Math.max(0, Math.floor(position))
  change(job, { isClosed: true, closedAt })
  note(ctx, job, { closed_at: closedAt }).catch((error: unknown) => {
    ctx.log.warn({ err: error, print_job_id: job.id }, 'how far the lines ran cannot be written down')
  })
}

/** Waits for the G-code. Errors: print_refused when the job ends instead. */
function opened(job: Job, signal: AbortSignal): Promise<OpenGcode> {
  return job.changes.until(() => {
    if (!job.ending) return job.gcode ?? undefined
    throw new AppError('print_refused', whyEnded(job.ending))
  }, signal)
}

async function sendLines({ job, gcode, offset: from }: Ready, peer: StreamPeer, signal: AbortSignal): Promise<void> {
  const { bytes: size, layers } = gcode.totals
  peer.answer({ size, offset: from, name: plainText(job.record.claim.title, 120), layers })
  // The end of the job ends its stream: after an error the extra would hold it until the file is reset.
  const stop = job.changes.listen(() => {
    if (job.ending) peer.end()
  })
  try {
    for (let offset = from; offset < size && !signal.aborted && !job.ending; ) {
      const lines = await gcode.read(offset)
      const next = offset + lines.length
      await peer.send(lines)
      const isFirst = job.delivered === 0
      job.delivered = Math.max(job.delivered, next)
      if (isFirst) change(job, {})
      offset = next
    }
    await job.changes.until(() => job.ending ?? undefined, signal).catch(() => {})
  } finally {
    stop()
  }
}

/** Says {"wait"} at once and again and again until it is stopped, so that the extra's patience does not end. */
function sayWait(peer: StreamPeer, everyMs: number) {
  let job: Job | null = null
  let reason = 'Preparing the print'
  const say = () => peer.answer({ wait: plainText(job?.problem ?? reason) })
  const timer = setInterval(say, everyMs)
  say()
  return {
    about(found: Job): void {
      job = found
      reason = 'Preparing the print'
    },
    onAsk(): void {
      reason = 'Waiting for an answer to the question on the screen'
      say()
    },
    stop: () => clearInterval(timer),
  }
}

function inWords(ctx: EdgeContext, error: unknown): string {
  if (isAppError(error) || error instanceof MoonrakerError) return plainText(error.message)
  ctx.log.error({ err: error }, 'a stream failed')
  if (isDiskFull(error)) return "The disk of the printer's host is full. Make room, then start the print again."
  return 'The LMNT service had a fault. See its log.'
}
