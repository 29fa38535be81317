import type { Message } from './journal.ts'
import type { Subscription } from './subscription.ts'

/** The message that Pub/Sub publishes to the dead letter topic: the same data, with the origin in its attributes. */
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
