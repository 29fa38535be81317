import { openPush, type Pushed, readMessage, UnreadableMessage } from '../../../schema/messages/push.ts'
import { slicingResult } from '../../../schema/messages/slicing.ts'
import { type Context, requireService } from '../../context.ts'
import { isTransient } from '../outbox/index.ts'
import { receiveSlicingResult } from '../preparation/index.ts'
import { recordFailure, recordReceived } from './record-failure.ts'

/**
 * Takes a slicing result that Pub/Sub pushes, as often as it does. What can never be read is kept for an operator, and
 * acknowledged; what fails is thrown, so that it comes again, until it has failed too often.
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
