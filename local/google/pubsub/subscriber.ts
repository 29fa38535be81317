import type protos from '@google-cloud/pubsub/build/protos/protos.js'
import { type ServerDuplexStream, status } from '@grpc/grpc-js'
import type { Broker, Lease } from './broker.ts'
import { checkResourceName } from './names.ts'
import { subscriberMethods } from './protocol.ts'
import { invalid, PubsubError } from './status.ts'
import {
  readChange,
  readSubscription,
  type Subscription,
  type SubscriptionRules,
  showSubscription,
} from './subscription.ts'
import { toStatus, unary } from './unary.ts'

type v1 = typeof protos.google.pubsub.v1
type StreamingRequest = InstanceType<v1['StreamingPullRequest']>
type StreamingResponse = protos.google.pubsub.v1.IStreamingPullResponse
type PullStream = ServerDuplexStream<StreamingRequest, StreamingResponse>

const messagesPerAnswer = 1000

/** google.pubsub.v1.Subscriber */
export function subscriberService(broker: Broker, rules: SubscriptionRules) {
  const nameOf = (name: string) => checkResourceName('subscriptions', name, rules.projectId)

  return {
    createSubscription: unary(subscriberMethods.createSubscription, async asked => {
      const subscription = readSubscription(asked, rules)
      await broker.createSubscription(subscription)
      return showSubscription(subscription)
    }),
    updateSubscription: unary(subscriberMethods.updateSubscription, async ({ subscription: asked, updateMask }) => {
      const old = broker.subscription(nameOf(asked?.name ?? ''))
      const subscription = readChange(old, asked ?? {}, updateMask?.paths ?? [], rules)
      await broker.changeSubscription(subscription)
      return showSubscription(subscription)
    }),
    getSubscription: unary(subscriberMethods.getSubscription, async ({ subscription }) =>
      showSubscription(broker.subscription(nameOf(subscription))),
    ),
    deleteSubscription: unary(subscriberMethods.deleteSubscription, async ({ subscription }) => {
      await broker.deleteSubscription(nameOf(subscription))
      return {}
    }),
    modifyPushConfig: unary(subscriberMethods.modifyPushConfig, async ({ subscription, pushConfig }) => {
      const old = broker.subscription(nameOf(subscription))
      await broker.changeSubscription(readChange(old, { pushConfig: pushConfig ?? null }, ['push_config'], rules))
      return {}
    }),
    acknowledge: unary(subscriberMethods.acknowledge, async ({ subscription, ackIds }) => {
      await broker.acknowledge(nameOf(subscription), ackIds)
      return {}
    }),
    modifyAckDeadline: unary(subscriberMethods.modifyAckDeadline, async request => {
      const { subscription, ackIds, ackDeadlineSeconds } = request
      broker.extend(nameOf(subscription), ackIds, checkDeadline(ackDeadlineSeconds))
      return {}
    }),
    pull: unary(subscriberMethods.pull, async ({ subscription: name, maxMessages }) => {
      const subscription = requirePull(broker.subscription(nameOf(name)))
      if (maxMessages < 1) throw invalid('maxMessages must be positive.')
      const leases = broker.lease(name, Math.min(maxMessages, messagesPerAnswer), {})
      return { receivedMessages: leases.map(lease => show(lease, subscription)) }
    }),
    streamingPull: (stream: PullStream) => openStream(broker, stream, nameOf),
  }
}

/** The first request of a stream names the subscription and its limits; later ones acknowledge and extend. */
function openStream(broker: Broker, stream: PullStream, nameOf: (name: string) => string): void {
  let name: string | undefined
  let limit = messagesPerAnswer
  let seconds: number | undefined
  const stop = broker.onWork(touched => {
    if (touched === name) guarded(offer)
  })

  function guarded(work: () => void): void {
    try {
      work()
    } catch (error) {
      stop()
      stream.emit('error', toStatus(error))
    }
  }

  function begin(request: StreamingRequest): void {
    name = nameOf(request.subscription)
    limit = Number(request.maxOutstandingMessages) || messagesPerAnswer
    offer()
  }

  /** Sends as many messages as the client's limits allow. */
  function offer(): void {
    const subscription = requirePull(broker.subscription(name!))
    const free = Math.min(limit - broker.held(name!, stream), messagesPerAnswer)
    const leases = free > 0 ? broker.lease(name!, free, stream, seconds) : []
    if (leases.length > 0) stream.write({ receivedMessages: leases.map(lease => show(lease, subscription)) })
  }

  stream.on('data', (request: StreamingRequest) =>
    guarded(() => {
      if (request.streamAckDeadlineSeconds) seconds = checkDeadline(request.streamAckDeadlineSeconds)
      if (name === undefined) begin(request)
      if (request.ackIds.length > 0) broker.acknowledge(name!, request.ackIds).catch(() => stream.destroy())
      for (const [at, ackId] of request.modifyDeadlineAckIds.entries()) {
        broker.extend(name!, [ackId], checkDeadline(request.modifyDeadlineSeconds[at] ?? 0))
      }
    }),
  )
  stream.on('end', () => {
    stop()
    stream.end()
  })
  stream.on('cancelled', stop)
  stream.on('error', stop)
}

function checkDeadline(seconds: number): number {
  if (seconds < 0 || seconds > 600) throw invalid(`Invalid ack deadline given (${seconds}): 0 to 600.`)
  return seconds
}

function requirePull(subscription: Subscription): Subscription {
  if (!subscription.push) return subscription
  throw new PubsubError(status.FAILED_PRECONDITION, 'The subscription pushes: it cannot be pulled.')
}

function show({ ackId, message, attempt }: Lease, { deadLetter }: Subscription) {
  const { id, data, attributes, publishTime } = message
  return {
    ackId,
    message: {
      data: Buffer.from(data, 'base64'),
      attributes,
      messageId: id,
      publishTime: { seconds: Math.floor(publishTime / 1000), nanos: (publishTime % 1000) * 1e6 },
    },
    deliveryAttempt: deadLetter ? attempt : 0,
  }
}
