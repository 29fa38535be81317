import { deadline } from '../../runtime/deadline.ts'
import { AppError, isAppError } from '../../schema/http/errors.ts'
import { ask, newNonce, withdraw } from '../dialog.ts'
import { isIdle } from '../moonraker/printer-state.ts'
import { MoonrakerError } from '../moonraker/rpc.ts'
import { plainText } from '../plain-text.ts'
import type { Identity } from '../store.ts'
import { writeToConsole } from './console.ts'
import type { AgentContext } from './context.ts'
import { userOf } from './request.ts'

/** How long the question is open, and how long it is not asked again after a "no". */
const answerMs = 5 * 60_000
const refusedMs = 10 * 60_000

/**
 * Whether this person may register the printer without a question: its owner, or anybody after its owner has removed it at the
 * marketplace. The marketplace checks the token. Errors: unauthenticated, marketplace_unavailable.
 */
export async function mayReplace(ctx: AgentContext, identity: Identity, token: string): Promise<boolean> {
  await ctx.marketplace.people.printers(token)
  if (userOf(token) === identity.user_id) return true
  try {
    await ctx.prepared.refresh(ctx.signal)
    return false
  } catch (error) {
    return isAppError(error, 'printer_revoked')
  }
}

/**
 * Asks on every screen whether the printer may change its owner, and registers it when somebody there agrees. The caller gets
 * owner_consent_required at once, and sees the result in `status`. Always throws: owner_consent_required, printer_busy,
 * printer_offline.
 */
export async function askForOwnerChange(
  ctx: AgentContext,
  { userId, name }: { userId: string; name: string },
  register: () => Promise<unknown>,
): Promise<never> {
  const { ownerQuestion } = ctx
  if (ownerQuestion.refusedUntil > performance.now()) throw refusal('Somebody at the printer refused the change.')
  if (ownerQuestion.askedFor !== null && ownerQuestion.askedFor !== userId) {
    throw refusal("Another account wants to register it, and the question on the printer's screen is not answered yet.")
  }
  if (ownerQuestion.askedFor === null) await show(ctx, { userId, name }, register)
  throw refusal("Answer the question on the printer's screen within 5 minutes.")
}

function refusal(text: string): AppError {
  const others = 'Its owner can unregister it, and so can "lmnt-edge unregister" in a shell of its host.'
  return new AppError('owner_consent_required', `This printer is registered to another account. ${text} ${others}`)
}

/** Resolves when the question is on the screens. */
async function show(ctx: AgentContext, wish: { userId: string; name: string }, register: () => Promise<unknown>) {
  if (!isIdle(ctx.moonraker.state())) {
    throw new AppError(
      'printer_busy',
      'The printer is printing, or Klipper is not ready: the question cannot be shown.',
    )
  }
  ctx.ownerQuestion.askedFor = wish.userId
  let shown = () => {}
  const isShown = new Promise<void>(resolve => {
    shown = resolve
  })
  const asked = askAndRegister(ctx, wish, register, shown).finally(() => {
    ctx.ownerQuestion.askedFor = null
  })
  ctx.ownerQuestion.settled = asked.catch(() => {})
  try {
    await Promise.race([isShown, asked])
  } catch (error) {
    if (error instanceof MoonrakerError)
      throw refusal('The question cannot be shown at the printer ([lmnt_stream] is missing).')
    throw error
  }
}

async function askAndRegister(
  ctx: AgentContext,
  { userId, name }: { userId: string; name: string },
  register: () => Promise<unknown>,
  onAsked: () => void,
): Promise<void> {
  const before = ctx.store.identity()?.printer_id
  const nonce = newNonce(ctx)
  const late = deadline(answerMs, ctx.signal)
  const lines = [
    'Change the owner of this printer?',
    plainText(`Another account (${userId}) wants to register it as "${name}".`, 160),
    'Its present owner loses access, with all purchases prepared for it.',
  ]
  const question = { nonce, lines, start: 'Change owner', later: 'Keep owner' }
  const isOver = () => ctx.store.identity()?.printer_id !== before || !isIdle(ctx.moonraker.state())
  try {
    const answer = await ask(ctx, question, { changes: [ctx.store.changes], isOver, onAsked }, late.signal)
    if (answer === 'later') ctx.ownerQuestion.refusedUntil = performance.now() + refusedMs
    if (answer === 'start') await registerAndAnnounce(ctx, register)
  } catch (error) {
    // There was no answer in time, or the edge ends.
    if (!late.signal.aborted) throw error
  } finally {
    late.clear()
    await withdraw(ctx, nonce)
  }
}

async function registerAndAnnounce(ctx: AgentContext, register: () => Promise<unknown>): Promise<void> {
  try {
    await register()
    await writeToConsole(ctx, 'The printer has a new owner.')
  } catch (error) {
    ctx.log.warn({ err: error }, 'the owner of the printer could not be changed')
    const text = isAppError(error) ? error.message : "Something went wrong. See the LMNT service's log."
    await writeToConsole(ctx, `The owner was not changed. ${text}`, { isError: true })
  }
}
