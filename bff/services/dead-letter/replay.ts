import { and, eq, isNotNull, isNull } from 'drizzle-orm'
import { deadLetters, outbox } from '../../../schema/db/bff/index.ts'
import { AppError } from '../../../schema/http/errors.ts'
import { readMessage, UnreadableMessage } from '../../../schema/messages/push.ts'
import { slicingJob, slicingResult } from '../../../schema/messages/slicing.ts'
import { type Context, type Queryable, requireOperator } from '../../context.ts'
import { inTransaction } from '../../transaction.ts'
import { appendMessage } from '../outbox/index.ts'
import { receiveSlicingResult } from '../preparation/index.ts'
import { recordAct } from '../record-act.ts'
import type { DeadLetter } from './record-failure.ts'

/**
 * An operator has a dead letter tried once more: what was to go out is due again, what came in comes again. Either can be
 * replayed any number of times: consumers know a repeat. Errors: not_found; invalid_input for one that still cannot be read.
 */
export async function replayDeadLetter(ctx: Context, id: string): Promise<'due again' | 'taken'> {
  requireOperator(ctx)
  if (await makeDue(ctx, id)) return 'due again'
  const [letter] = await ctx.db.select().from(deadLetters).where(isDead(id))
  if (!letter) throw new AppError('not_found', `There is no dead letter ${id}.`)
  try {
    await receiveAgain[letter.topic](ctx, letter)
  } catch (error) {
    if (!(error instanceof UnreadableMessage)) throw error
    throw new AppError('invalid_input', `${id} cannot be read: ${error.message}`)
  }
  return 'taken'
}

async function makeDue(ctx: Context, eventId: string): Promise<boolean> {
  return inTransaction(ctx, async tx => {
    const [row] = await tx
      .update(outbox)
      .set({ deadAt: null, dueAt: ctx.clock(), failures: 0 })
      .where(and(eq(outbox.eventId, eventId), isNotNull(outbox.deadAt), isNull(outbox.deliveredAt)))
      .returning()
    if (row) await recordAct(ctx, tx, 'replay', eventId, { channel: row.channel, type: row.type, error: row.lastError })
    return row !== undefined
  })
}

const receiveAgain: Record<DeadLetter['topic'], (ctx: Context, letter: DeadLetter) => Promise<void>> = {
  'slicing-results': async (ctx, letter) => {
    const asPush = { ...ctx, actor: { kind: 'service', email: ctx.settings.pushServiceAccount } } as const
    await receiveSlicingResult(asPush, readMessage(slicingResult, letter.body))
    await inTransaction(ctx, tx => recordReplay(ctx, tx, letter))
  },
  'slicing-jobs': async (ctx, letter) => {
    const payload = readMessage(slicingJob, letter.body)
    const { purchase_id: purchaseId } = payload
    await inTransaction(ctx, async tx => {
      await recordReplay(ctx, tx, letter)
      await appendMessage(ctx, tx, { channel: 'slicing-jobs', type: 'slicing_job', purchaseId, payload })
    })
  },
}

/** When two operators replay a letter at once, only one succeeds. */
async function recordReplay(ctx: Context, tx: Queryable, { letterId, topic, error }: DeadLetter): Promise<void> {
  const taken = await tx.update(deadLetters).set({ takenAt: ctx.clock() }).where(isDead(letterId)).returning()
  if (taken.length === 0) throw new AppError('not_found', `Dead letter ${letterId} has already been replayed.`)
  await recordAct(ctx, tx, 'replay', letterId, { topic, error })
}

function isDead(letterId: string) {
  return and(eq(deadLetters.letterId, letterId), isNotNull(deadLetters.deadAt), isNull(deadLetters.takenAt))
}
