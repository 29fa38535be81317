import type { DeadLetterRequest } from '../../../schema/http/dead-letters.ts'
import { openPush } from '../../../schema/messages/push.ts'
import { type Context, requireService } from '../../context.ts'
import { noteFailure, type Topic } from './keep.ts'

/** The slicer, which has no database, hands in a job that it cannot read. */
export async function receiveDeadLetter(ctx: Context, letter: DeadLetterRequest): Promise<void> {
  requireService(ctx, ctx.settings.slicerServiceAccount)
  const { topic, message_id: messageId, error } = letter
  await noteFailure(ctx, { topic, messageId, body: Buffer.from(letter.body, 'base64'), error }, { isHopeless: true })
}

/** What Pub/Sub itself has given up, from the subscription of its dead letter topic. */
export async function receiveGivenUp(ctx: Context, body: unknown): Promise<void> {
  requireService(ctx, ctx.settings.pushServiceAccount)
  const { attributes, data, messageId } = openPush(body)
  const source = attributes.CloudPubSubDeadLetterSourceSubscription ?? ''
  const topic: Topic = source.includes('slicing-jobs') ? 'slicing-jobs' : 'slicing-results'
  const count = attributes.CloudPubSubDeadLetterSourceDeliveryCount ?? 'too many'
  const error = `given up by Pub/Sub after ${count} deliveries of ${source}`
  await noteFailure(ctx, { topic, messageId, body: data, error }, { isHopeless: true })
}
