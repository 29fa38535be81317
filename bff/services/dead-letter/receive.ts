import type { DeadLetterRequest } from '../../../schema/http/dead-letters.ts'
import { AppError } from '../../../schema/http/errors.ts'
import { openPush, type Pushed } from '../../../schema/messages/push.ts'
import { type Context, requireService } from '../../context.ts'
import { recordFailure, type Topic } from './record-failure.ts'

const topics: readonly Topic[] = ['slicing-jobs', 'slicing-results']

/** The slicer, which has no database, hands in a job that it cannot read. */
export async function receiveDeadLetter(ctx: Context, letter: DeadLetterRequest): Promise<void> {
  requireService(ctx, ctx.settings.slicerServiceAccount)
  const { topic, message_id: messageId, error } = letter
  await recordFailure(ctx, { topic, messageId, body: Buffer.from(letter.body, 'base64'), error }, { isHopeless: true })
}

/**
 * What Pub/Sub itself has given up, from the subscription of its dead letter topic. Errors: invalid_input for a message that
 * no subscription of ours had, and for what is no push request: it comes again until an operator has found out whose it is.
 */
export async function receiveGivenUp(ctx: Context, body: Buffer): Promise<void> {
  requireService(ctx, ctx.settings.pushServiceAccount)
  const { attributes, data, messageId } = readPush(body)
  const source = attributes.CloudPubSubDeadLetterSourceSubscription
  const topic = topics.find(name => source === `${ctx.settings.environment}-${name}-subscription`)
  if (!topic) {
    ctx.log.error({ message_id: messageId, source }, 'a dead letter of no subscription of ours: it is refused')
    throw new AppError('invalid_input', `There is no subscription ${source} of this marketplace.`)
  }
  const count = attributes.CloudPubSubDeadLetterSourceDeliveryCount ?? 'too many'
  const error = `given up by Pub/Sub after ${count} deliveries of ${source}`
  // The id is one of the dead letter topic: one of the topic that it came from may be the same.
  await recordFailure(ctx, { topic, messageId: `given-up:${messageId}`, body: data, error }, { isHopeless: true })
}

function readPush(body: Buffer): Pushed {
  try {
    return openPush(body)
  } catch (cause) {
    throw new AppError('invalid_input', 'The body is not a Pub/Sub push request.', { cause })
  }
}
