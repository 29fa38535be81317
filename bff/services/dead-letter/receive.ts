import type { DeadLetterRequest } from '../../../schema/http/dead-letters.ts'
import { AppError } from '../../../schema/http/errors.ts'
import { openPush, type Pushed } from '../../../schema/messages/push.ts'
import { type Context, requireService } from '../../context.ts'
import { recordFailure, type Topic } from './record-failure.ts'

const topics: readonly Topic[] = ['slicing-jobs', 'slicing-results']

/** Stores a job that the slicer cannot read; the slicer has no database. */
export async function receiveDeadLetter(ctx: Context, letter: DeadLetterRequest): Promise<void> {
  requireService(ctx, ctx.settings.slicerServiceAccount)
  const { topic, message_id: messageId, error } = letter
  await recordFailure(ctx, { topic, messageId, body: Buffer.from(letter.body, 'base64'), error }, { isHopeless: true })
}

/**
 * Stores a message that Pub/Sub itself has given up, from the subscription of its dead letter topic. Errors: invalid_input for a
 * message of an unknown subscription or a body that is no push request: Pub/Sub repeats it until an operator has looked into it.
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
  // The id belongs to the dead letter topic; a message of the original topic may have the same id.
  await recordFailure(ctx, { topic, messageId: `given-up:${messageId}`, body: data, error }, { isHopeless: true })
}

function readPush(body: Buffer): Pushed {
  try {
    return openPush(body)
  } catch (cause) {
    throw new AppError('invalid_input', 'The body is not a Pub/Sub push request.', { cause })
  }
}
