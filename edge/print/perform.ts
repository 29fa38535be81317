import type { EdgeContext } from '../context.ts'
import { withdraw } from '../dialog.ts'
import { ask } from './actions/ask.ts'
import { cancel, drainQueue } from './actions/cancel.ts'
import { claim } from './actions/claim.ts'
import { inquire } from './actions/inquire.ts'
import { open } from './actions/open.ts'
import { pause, resume } from './actions/pause.ts'
import { progress } from './actions/progress.ts'
import { report } from './actions/report.ts'
import { spool } from './actions/spool.ts'
import { start, waitUntilStubIsRead } from './actions/start.ts'
import { removeSpool } from './gcode/spool-file.ts'
import { currentHistoryId } from './history.ts'
import type { Action } from './job/action.ts'
import { personDeadline } from './job/current-job.ts'
import type { JobEvent } from './job/events.ts'
import { failure } from './job/outcome.ts'
import type { JobRecord } from './job/record.ts'
import type { Job } from './job/state.ts'
import { writeStub } from './stubs/write.ts'

/** What an action needs besides its values: the job's state, sending events, and saving. */
export interface Tools {
  ctx: EdgeContext
  state: () => Job
  send: (event: JobEvent) => void
  /** Writes to the disk, then to the job. Rejects when the disk cannot be written. */
  saveRecord: (fields: Partial<JobRecord>) => Promise<void>
  /** As saveRecord, for fields that a restart can do without: a failed write is only logged. */
  trySaveRecord: (fields: Partial<JobRecord>) => Promise<void>
  /** Removes the job's record, after the writes in progress. */
  removeRecord: () => Promise<void>
}

type RunnableAction = Exclude<Action, { kind: 'end' | 'wait' }>

/** Performs one action and sends its result as an event. Rejects when the action should be retried. */
export async function perform(tools: Tools, action: RunnableAction, signal: AbortSignal): Promise<void> {
  const { ctx, send, state, saveRecord } = tools
  const { id, record } = state()
  switch (action.kind) {
    case 'claim': {
      const claimed = await claim(ctx, { id }, signal)
      const at = performance.now()
      return send(claimed ? { kind: 'claimed', claim: claimed, at } : { kind: 'given-up', at })
    }
    case 'stub':
      await saveRecord({ stub: await writeStub(ctx, record.claim) })
      return send({ kind: 'stub-written' })
    case 'spool': {
      const { size, sha256 } = record.claim
      const result = await spool(ctx, { id, size, sha256 }, signal)
      if (result.kind === 'whole') await saveRecord({ isSpooled: true })
      if (result.kind === 'wrong') send({ kind: 'spool-wrong' })
      if (result.kind === 'dropped') send({ kind: 'ended', ending: result })
      return
    }
    case 'ask': {
      const onAsked = () => send({ kind: 'problem', text: null })
      const consent = await ask(ctx, { prepared: record.claim, stub: record.stub, onAsked }, signal)
      if (consent.answer === 'start') send({ kind: 'start-asked', until: personDeadline() })
      if (consent.answer === 'later') send({ kind: 'start-declined', nonce: consent.nonce })
      return
    }
    case 'withdraw':
      await withdraw(ctx, action.nonce)
      return send({ kind: 'withdrawn' })
    case 'open':
      return openJob(tools, signal)
    case 'read-stub':
      await waitUntilStubIsRead(ctx, action, signal)
      return send({ kind: 'stub-read' })
    case 'save-start':
      return saveRecord({ isStartAsked: true })
    case 'start':
      return startJob(tools, action, signal)
    case 'progress':
      return sendProgress(tools, action, signal)
    case 'drain-queue':
      await drainQueue(ctx, {}, signal)
      return send({ kind: 'queue-empty' })
    case 'cancel':
      return cancel(ctx)
    case 'save-pause':
      return saveRecord({ pause: action.pause, resume_refused: null })
    case 'pause':
      if ((await pause(ctx, {}, signal)) === 'paused') await saveRecord({ pause: 'done' })
      return
    case 'resume':
      return saveRecord({ pause: 'none', resume_refused: await resume(ctx, {}, signal) })
    case 'save-printed':
      return saveRecord({ printed_to: action.printed_to })
    case 'save-closed':
      return saveRecord({ closed_at: action.closed_at })
    case 'find-history-id': {
      const history_id = await currentHistoryId(ctx, action.print).catch(() => null)
      send({ kind: 'history-asked', at: performance.now() })
      return history_id === null ? undefined : tools.trySaveRecord({ print: { ...action.print, history_id } })
    }
    case 'inquire': {
      const answers = await inquire(ctx, action)
      return send({ kind: 'inquired', at: performance.now(), ...answers })
    }
    case 'report':
      await report(ctx, { claim: record.claim, outcome: action.outcome })
      return send({ kind: 'reported' })
    case 'clean-up':
      ctx.log.info({ print_job_id: id }, 'the job is finished, removing its files')
      await tools.removeRecord()
      return removeSpool(ctx.config.dataDir, id)
  }
}

async function openJob({ ctx, send, state, saveRecord, trySaveRecord }: Tools, signal: AbortSignal): Promise<void> {
  const { id, record, grant } = state()
  const isFresh = grant !== null && grant.until > performance.now()
  const result = await open(ctx, { id, claim: record.claim, grant: isFresh ? grant : null }, signal)
  if (result.kind === 'unspooled') return saveRecord({ isSpooled: false })
  if (result.kind === 'dropped') return send({ kind: 'ended', ending: result })
  if (result.kind === 'corrupt') {
    return send({ kind: 'ended', ending: { kind: 'outcome', outcome: failure(result.code, result.message) } })
  }
  send({ kind: 'opened', gcode: result.gcode })
  await trySaveRecord({ printed_by: result.gcode.printedBy })
}

async function startJob(
  { ctx, send }: Tools,
  { stub }: Extract<Action, { kind: 'start' }>,
  signal: AbortSignal,
): Promise<void> {
  send({ kind: 'start-sent', at: performance.now() })
  try {
    await start(ctx, { stub }, signal)
    send({ kind: 'start-answered', at: performance.now() })
  } catch (error) {
    send({ kind: 'start-failed' })
    throw error
  }
}

async function sendProgress(
  { ctx, send, state, trySaveRecord }: Tools,
  { isRunning, progress: done, activity }: Extract<Action, { kind: 'progress' }>,
  signal: AbortSignal,
): Promise<void> {
  const { id, record, phase } = state()
  // Saved before it is sent, so that the progress does not fall after a restart.
  if (isRunning && done > record.progress) {
    const figures = (phase.kind === 'printing' || phase.kind === 'closing' ? phase.snapshot?.stats : undefined) ?? {}
    await trySaveRecord({ progress: done, figures })
  }
  const { answer, endReason, isClaimedElsewhere } = await progress(
    ctx,
    { id, progress: done, isRunning, activity },
    signal,
  )
  send({ kind: 'progress-sent', at: performance.now(), isRunning, activity, answer })
  if (isClaimedElsewhere) send({ kind: 'lease-lost' })
  if (endReason !== null && !state().record.print) send({ kind: 'ended', ending: { kind: 'dropped', why: endReason } })
}
