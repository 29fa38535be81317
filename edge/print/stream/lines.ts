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
import type { CurrentJob, JobHandle } from '../job/current-job.ts'
import { failure } from '../job/outcome.ts'
import { whyEnded } from '../job/state.ts'
import { Declined } from './ask-for-right.ts'
import { jobForPurchase } from './find-job.ts'
import { createStreamPeer, type StreamPeer } from './peer.ts'

const requestMs = 5000
/** How long a new connection of the extra waits until its old connection is closed. */
const oldStreamMs = 2000

/**
 * Serves one connection of Klipper's extra: finds the job of the purchase, sends {"wait"} until the job is ready, then sends the lines
 * from the requested byte. Every error goes to the extra as a message for the person at the printer.
 */
export async function serveStream(ctx: EdgeContext, currentJob: CurrentJob, socket: Socket): Promise<void> {
  const peer = createStreamPeer(socket, requestMs)
  const signal = AbortSignal.any([ctx.signal, peer.closed])
  let ready: Ready
  try {
    ready = await makeReady(ctx, currentJob, peer, signal)
  } catch (error) {
    const isDeclined = error instanceof Declined
    if (!signal.aborted) peer.answer(isDeclined ? { cancel: error.message } : { error: messageOf(ctx, error) })
    return peer.end()
  }
  try {
    await sendLines(ready, peer, signal)
    peer.end()
  } catch (error) {
    // Lines are being sent: Klipper would run a message between them as a line.
    peer.breakOff()
    if (isAppError(error)) breakOff(ready.job, error)
    else if (!signal.aborted && ready.job.state().phase.kind !== 'ended')
      ctx.log.error({ err: error }, 'a stream failed')
  }
}

/** Ends the job: the rest of its lines cannot be read. */
function breakOff(job: JobHandle, { code, message }: AppError): void {
  job.send({ kind: 'ended', ending: { kind: 'outcome', outcome: failure(code, message) } })
}

interface Ready {
  job: JobHandle
  gcode: OpenGcode
  offset: number
}

async function makeReady(
  ctx: EdgeContext,
  currentJob: CurrentJob,
  peer: StreamPeer,
  signal: AbortSignal,
): Promise<Ready> {
  const { job: purchaseId, offset } = await peer.request
  const waits = sendWaits(peer, ctx.config.timing.waitLineMs)
  try {
    const filename = await requirePrint(ctx, signal)
    const job = await jobForPurchase(
      ctx,
      currentJob,
      { purchaseId, isGoingOn: offset > 0, onQuestion: waits.onQuestion },
      signal,
    )
    const { isCancelWanted, record } = job.state()
    if (isCancelWanted && !record.print) throw new AppError('print_refused', 'This print was cancelled.')
    waits.setJob(job)
    await acquireStream(job, peer, signal)
    peer.onGoodbye(({ position }) => job.send({ kind: 'goodbye', position }))
    await bind(ctx, job, filename, offset)
    const gcode = await waitUntilOpened(job, signal)
    if (offset > gcode.totals.bytes) throw new AppError('print_refused', 'The file changed while it was printed.')
    return { job, gcode, offset }
  } finally {
    waits.stop()
  }
}

/**
 * Returns the name of the file that the printer is printing. Klipper is running, since its extra is connected; so it waits for a
 * Moonraker that does not know that yet, for example after a restart. Errors: print_refused when no file is being printed.
 */
async function requirePrint(ctx: EdgeContext, signal: AbortSignal): Promise<string> {
  const backoff = createBackoff(ctx.config.timing.firstRetryMs, ctx.config.timing.longestRetryMs, ctx.jitter)
  const isReady = () => ctx.moonraker.state().isConnected && ctx.moonraker.state().klippy === 'ready'
  for (;;) {
    await ctx.moonraker.changes.until(() => isReady() || undefined, signal)
    const state = await ctx.moonraker.refresh().catch((error: unknown) => {
      if (!isAppError(error, 'printer_offline') && !(error instanceof MoonrakerError)) throw error
      ctx.log.warn({ err: error }, 'Moonraker does not know which file is printed, asking again')
    })
    if (state && isReady()) {
      if (isPrinting(state)) return state.printStats.filename
      throw new AppError('print_refused', "Start the file from the printer's file list.")
    }
    await sleep(backoff.next(), undefined, { signal })
  }
}

/** One stream per job: a second one waits until the first is closed, or is refused. The stream is released when its peer closes. */
async function acquireStream(job: JobHandle, peer: StreamPeer, signal: AbortSignal): Promise<void> {
  const late = deadline(oldStreamMs, signal)
  // Check and acquire in one step: of two streams that wait for the same change, only one may succeed.
  const acquire = () => {
    if (job.state().isStreaming) return undefined
    job.send({ kind: 'stream-opened' })
    peer.closed.addEventListener('abort', () => job.send({ kind: 'stream-gone' }), { once: true })
    return true
  }
  try {
    await job.changes.until(acquire, late.signal)
  } catch {
    signal.throwIfAborted()
    throw new AppError('print_refused', 'This file is being printed already.')
  } finally {
    late.clear()
  }
}

/** Assigns the print on the printer to this job, also for later runs of the edge. */
async function bind(ctx: EdgeContext, job: JobHandle, filename: string, offset: number): Promise<void> {
  if (job.state().record.print !== null) return job.send({ kind: 'stream-asked' })
  const history_after = await lastHistoryId(ctx).catch(() => null)
  await job.bind({ filename, history_id: null, history_after, boot: ctx.bootNonce }, offset === 0)
}

/** Errors: print_refused when the job ends before its G-code is open. */
function waitUntilOpened(job: JobHandle, signal: AbortSignal): Promise<OpenGcode> {
  return job.changes.until(() => {
    const { phase, gcode } = job.state()
    if (phase.kind !== 'ended') return gcode ?? undefined
    throw new AppError('print_refused', whyEnded(phase.ending))
  }, signal)
}

async function sendLines({ job, gcode, offset: from }: Ready, peer: StreamPeer, signal: AbortSignal): Promise<void> {
  const { bytes: size, layers } = gcode.totals
  peer.answer({ size, offset: from, name: plainText(job.state().record.claim.title, 120), layers })
  // The end of the job closes its stream: after an error the extra would keep it open until the file is reset.
  const isOver = () => job.state().phase.kind === 'ended'
  const stop = job.changes.listen(() => {
    if (isOver()) peer.end()
  })
  try {
    for (let offset = from; offset < size && !signal.aborted && !isOver(); ) {
      const lines = await gcode.read(offset)
      const next = offset + lines.length
      await peer.send(lines)
      job.send({ kind: 'lines-sent', to: next })
      offset = next
    }
    await job.changes.until(() => isOver() || undefined, signal).catch(() => {})
  } finally {
    stop()
  }
}

const preparingText = 'Preparing the print'

/** Sends {"wait"} at once and at intervals until it is stopped, so that the extra does not time out. */
function sendWaits(peer: StreamPeer, everyMs: number) {
  let job: JobHandle | null = null
  let reason = preparingText
  const say = () => peer.answer({ wait: plainText(job?.state().problem ?? reason) })
  const timer = setInterval(say, everyMs)
  say()
  return {
    setJob(next: JobHandle): void {
      job = next
    },
    onQuestion(isShown: boolean): void {
      reason = isShown ? 'Waiting for an answer to the question on the screen' : preparingText
      if (isShown) say()
    },
    stop: () => clearInterval(timer),
  }
}

function messageOf(ctx: EdgeContext, error: unknown): string {
  if (isAppError(error) || error instanceof MoonrakerError) return plainText(error.message)
  ctx.log.error({ err: error }, 'a stream failed')
  if (isDiskFull(error)) return "The disk of the printer's host is full. Make room, then start the print again."
  return 'The LMNT service failed. See its log.'
}
