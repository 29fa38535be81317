import type { Message } from './journal.ts'
import type { Subscription } from './subscription.ts'

/** A message as Pub/Sub publishes it to the dead letter topic: the same in a new one, marked with where it comes from. */
export function deadLetterOf({ name }: Subscription, { data, attributes, publishTime }: Message, deliveries: number) {
  const [, project, , id] = name.split('/') as [string, string, string, string]
  return {
    data,
    attributes: {
      ...attributes,
      CloudPubSubDeadLetterSourceDeliveryCount: String(deliveries),
      CloudPubSubDeadLetterSourceSubscription: id,
      CloudPubSubDeadLetterSourceSubscriptionProject: project,
      CloudPubSubDeadLetterSourceTopicPublishTime: new Date(publishTime).toISOString().replace('Z', '+00:00'),
    },
  }
}
