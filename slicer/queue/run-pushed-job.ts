import { AppError } from '../../schema/http/errors.ts'
import { openPush, type Pushed, readMessage, UnreadableMessage } from '../../schema/messages/push.ts'
import { type SlicingJob, slicingJob } from '../../schema/messages/slicing.ts'
import type { Context } from '../context.ts'
import { type SliceOutcome, sliceJob } from '../slice/slice-job.ts'

/**
 * Runs the job of a Pub/Sub push request. A message that cannot be parsed is stored at the marketplace as a dead letter and
 * acknowledged; otherwise Pub/Sub would deliver it again without end.
 */
export async function runPushedJob(ctx: Context, body: Buffer): Promise<SliceOutcome | 'stored_as_dead_letter'> {
  const pushed = openEnvelope(body)
  const job = await readOrStoreDeadLetter(ctx, pushed)
  return job ? sliceJob(ctx, job) : 'stored_as_dead_letter'
}

function openEnvelope(body: Buffer): Pushed {
  try {
    return openPush(body)
  } catch (error) {
    throw new AppError('invalid_input', 'The body is not a push request of Pub/Sub.', { cause: error })
  }
}

async function readOrStoreDeadLetter(ctx: Context, { messageId, data }: Pushed): Promise<SlicingJob | undefined> {
  try {
    return readMessage(slicingJob, data)
  } catch (error) {
    if (!(error instanceof UnreadableMessage)) throw error
    ctx.log.error(
      { message_id: messageId, reason: error.message },
      'the message is no slicing job: storing it as a dead letter',
    )
    await ctx.marketplace.keepDeadLetter({
      topic: 'slicing-jobs',
      message_id: messageId,
      body: data.toString('base64'),
      error: error.message.slice(0, 500),
    })
    return undefined
  }
}
