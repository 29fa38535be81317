import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { deadline } from '../../../runtime/deadline.ts'
import { scaled } from '../../../runtime/time-scale.ts'
import { type Faults, strikes } from '../faults.ts'
import type { TokenIssuer } from '../issuer/issuer.ts'
import type { Broker, Lease } from './broker.ts'
import { PubsubError } from './status.ts'
import type { Push, Subscription } from './subscription.ts'

export interface PusherOptions {
  broker: Broker
  issuer: TokenIssuer
  /** Most concurrent requests of one subscription. */
  concurrency: number
  timeScale: number
  faults: Faults
  log: (text: string) => void
}

export interface Pusher {
  /** Aborts the pushes in progress; the next pusher delivers their messages again. */
  close: () => Promise<void>
}

const acknowledging = new Set([102, 200, 201, 202, 204])

/** Pushes the messages of all subscriptions that have an endpoint. */
export function startPusher({ broker, issuer, concurrency, timeScale, faults, log }: PusherOptions): Pusher {
  const underWay = new Map<string, number>()
  const deliveries = new Set<Promise<void>>()
  const stopped = new AbortController()
  const agents = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) }

  const stop = broker.onWork(offer)

  /** Starts pushes up to the limit; each one that ends starts the next. */
  function offer(name: string): void {
    const subscription = find(broker, name)
    if (!subscription?.push || stopped.signal.aborted) return
    const free = concurrency - (underWay.get(name) ?? 0)
    for (const lease of broker.lease(name, free, stopped)) {
      underWay.set(name, (underWay.get(name) ?? 0) + 1)
      const delivery = deliver(subscription, subscription.push, lease)
        .catch((error: unknown) => log(`pubsub: message ${lease.message.id}: ${describe(error)}`))
        .finally(() => {
          underWay.set(name, underWay.get(name)! - 1)
          deliveries.delete(delivery)
          offer(name)
        })
      deliveries.add(delivery)
    }
  }

  async function deliver(subscription: Subscription, push: Push, lease: Lease): Promise<void> {
    const send = () => post(subscription, push, lease).catch((error: unknown) => describe(error))
    const isDoubled = strikes(faults, 'deliveriesToDouble')
    const [answer] = await Promise.all([send(), ...(isDoubled ? [send()] : [])])
    const isAcknowledged = typeof answer === 'number' && acknowledging.has(answer)
    if (stopped.signal.aborted || !find(broker, subscription.name)) return
    if (isAcknowledged && !strikes(faults, 'pushAnswersToDrop')) {
      return broker.acknowledge(subscription.name, [lease.ackId])
    }
    log(
      `pubsub: message ${lease.message.id} to ${push.endpoint} comes again: ${isAcknowledged ? 'answer lost' : answer}`,
    )
    broker.extend(subscription.name, [lease.ackId], 0)
  }

  /** Sends one message and returns the status. The only time-out is the end of the lease. */
  async function post(subscription: Subscription, push: Push, lease: Lease): Promise<number> {
    const body = Buffer.from(JSON.stringify(wrap(subscription, lease)))
    const token = push.account ? await issuer.idToken(push.account, push.audience ?? push.endpoint) : undefined
    const isSecure = push.endpoint.startsWith('https:')
    const limit = deadline(scaled(subscription.ackDeadlineSeconds, { timeScale }) * 1000, stopped.signal)
    return new Promise<number>((resolve, reject) => {
      const sent = (isSecure ? httpsRequest : httpRequest)(push.endpoint, {
        method: 'POST',
        agent: isSecure ? agents.https : agents.http,
        signal: limit.signal,
        headers: {
          'content-type': 'application/json',
          'content-length': body.length,
          'user-agent': 'CloudPubSub-Google',
          ...(token ? { authorization: `Bearer ${token}` } : {}),
        },
      })
      sent.once('error', reject)
      sent.once('response', response => {
        response.resume()
        response.once('error', reject)
        response.once('end', () => resolve(response.statusCode ?? 0))
      })
      sent.end(body)
    }).finally(limit.clear)
  }

  return {
    async close() {
      stop()
      stopped.abort()
      await Promise.allSettled(deliveries)
      agents.http.destroy()
      agents.https.destroy()
    },
  }
}

/** The body of a push request; Google sends both spellings of the id and the time. */
function wrap({ name, deadLetter }: Subscription, { message, attempt }: Lease): object {
  const publishTime = new Date(message.publishTime).toISOString()
  return {
    message: {
      ...(message.data ? { data: message.data } : {}),
      attributes: message.attributes,
      messageId: message.id,
      message_id: message.id,
      publishTime,
      publish_time: publishTime,
    },
    subscription: name,
    ...(deadLetter ? { deliveryAttempt: attempt } : {}),
  }
}

function find(broker: Broker, name: string): Subscription | undefined {
  try {
    return broker.subscription(name)
  } catch (error) {
    if (error instanceof PubsubError) return undefined
    throw error
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
