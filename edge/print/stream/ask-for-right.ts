import { deadline } from '../../../runtime/deadline.ts'
import { AppError, isAppError } from '../../../schema/http/errors.ts'
import type { EdgeContext } from '../../context.ts'
import { type Answer, ask, newNonce, withdraw } from '../../dialog.ts'
import type { PreparedFacts } from '../../marketplace/prepared-list.ts'
import { MoonrakerError } from '../../moonraker/rpc.ts'
import { plainText } from '../../plain-text.ts'
import type { CurrentJob } from '../job/current-job.ts'

/** How long a started print waits for the answer. */
const answerMs = 10 * 60_000
const longestTitle = 80

/** Called when the question appears on the screens, and when it is over. */
export type OnQuestion = (isShown: boolean) => void

/** Somebody at the printer said no, or nobody answered: the print ends as cancelled. */
export class Declined extends Error {}

/**
 * Asks before a file that is started at the printer without a job uses a right. Everyone whom Moonraker trusts may start a file, and
 * so can the form of any website. `onQuestion` is called with true when the question is on the screens, and with false when it is
 * over. `void`: a job has arrived meanwhile. Errors: Declined, no_rights_left, print_refused (Klipper cannot ask), the signal's reason.
 */
export async function askForRight(
  ctx: EdgeContext,
  currentJob: CurrentJob,
  { purchaseId, onQuestion }: { purchaseId: string; onQuestion: OnQuestion },
  signal: AbortSignal,
): Promise<Exclude<Answer, 'later'>> {
  const facts = await factsOf(ctx, purchaseId, signal)
  if (facts?.prints_remaining === 0) {
    throw new AppError('no_rights_left', 'All prints of this purchase are used up, or reserved by a print job.')
  }
  const nonce = newNonce(ctx)
  const late = deadline(answerMs, signal)
  const others = {
    changes: [currentJob.changes],
    isOver: () => currentJob.get() !== null,
    onAsked: () => onQuestion(true),
  }
  try {
    const answer = await ask(ctx, { nonce, lines: linesOf(facts), job: purchaseId }, others, late.signal)
    if (answer === 'later') throw new Declined('The print was not started, and no right was used.')
    return answer
  } catch (error) {
    signal.throwIfAborted()
    if (late.signal.aborted) throw new Declined('Nobody answered the question, so the print was not started.')
    if (!(error instanceof MoonrakerError)) throw error
    ctx.log.warn({ err: error, purchase_id: purchaseId }, 'the printer cannot show the question about a right')
    const remedy =
      'Check that [lmnt_stream] is in printer.cfg and up to date and restart Klipper, or order the print in the marketplace.'
    throw new AppError('print_refused', `Cannot ask at the printer whether this print may use a right. ${remedy}`)
  } finally {
    late.clear()
    onQuestion(false)
    await withdraw(ctx, nonce)
  }
}

/** The marketplace's present facts; undefined when it does not answer, or does not list the purchase. */
async function factsOf(ctx: EdgeContext, purchaseId: string, signal: AbortSignal): Promise<PreparedFacts | undefined> {
  try {
    await ctx.prepared.refresh(signal)
  } catch (error) {
    if (!isAppError(error)) throw error
  }
  return ctx.prepared.facts().get(purchaseId)
}

function linesOf(facts: PreparedFacts | undefined): string[] {
  const { title, profile_name, prints_remaining: count } = facts ?? {}
  const rights =
    count === undefined ? 'one of your remaining prints' : `1 of your ${count} remaining print${count === 1 ? '' : 's'}`
  return [
    title === undefined ? 'Print this file?' : `Print ${plainText(title, longestTitle)}?`,
    `This uses ${rights}.`,
    ...(profile_name === undefined ? [] : [plainText(`Profile: ${profile_name}.`)]),
  ]
}
