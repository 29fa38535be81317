import { openPush, type Pushed, readMessage, UnreadableMessage } from '../../../schema/messages/push.ts'
import { slicingResult } from '../../../schema/messages/slicing.ts'
import { type Context, requireService } from '../../context.ts'
import { isTransient } from '../outbox/index.ts'
import { receiveSlicingResult } from '../preparation/index.ts'
import { recordFailure, recordReceived } from './record-failure.ts'

/**
 * Receives a slicing result that Pub/Sub pushes, perhaps repeatedly. A message that cannot be read is kept as a dead letter and
 * acknowledged. Any other failure is thrown, so that Pub/Sub retries, until the message has failed 10 times.
 */
export async function receivePushedResult(ctx: Context, body: Buffer): Promise<void> {
  requireService(ctx, ctx.settings.pushServiceAccount)
  let pushed: Pushed | undefined
  try {
    pushed = openPush(body)
    await receiveSlicingResult(ctx, readMessage(slicingResult, pushed.data))
    await recordReceived(ctx, 'slicing-results', pushed.messageId)
  } catch (error) {
    if (isTransient(error)) throw error
    const failed = {
      topic: 'slicing-results',
      messageId: pushed?.messageId ?? null,
      body: pushed?.data ?? body,
      error: error instanceof Error ? error.message : String(error),
    } as const
    const isHopeless = error instanceof UnreadableMessage
    if (!(await recordFailure(ctx, failed, { isHopeless }))) throw error
  }
}
