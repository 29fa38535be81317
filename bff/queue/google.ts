import type { PubSub, Topic } from '@google-cloud/pubsub'
import type { Publish } from './publish.ts'

export interface GooglePublishOptions {
  projectId: string
  /** The environment of the marketplace: its topics are `<env>-slicing-jobs` and `<env>-print-jobs`. */
  env: string
  /** The address (host:port) of the local double, instead of Google's. */
  apiEndpoint?: string
}

export interface GooglePublish {
  publish: Publish
  /** The names of our topics that are missing in the project. */
  missingTopics: () => Promise<string[]>
  close: () => Promise<void>
}

const channels = ['slicing-jobs', 'print-jobs'] as const
type Channel = (typeof channels)[number]

// The client's default is ten minutes; the outbox has its own retries.
const timeoutMs = 15_000

/** Our topics in Pub/Sub. The client is imported at the first use: the import is the slowest part of a start. */
export function googlePublish({ projectId, env, apiEndpoint }: GooglePublishOptions): GooglePublish {
  let client: Promise<{ pubsub: PubSub; topics: Record<Channel, Topic> }> | undefined
  const connected = () => {
    client ??= connect()
    return client
  }

  async function connect() {
    const { PubSub } = await import('@google-cloud/pubsub')
    const pubsub = new PubSub({ projectId, ...(apiEndpoint ? { apiEndpoint } : {}) })
    const topic = (channel: Channel) =>
      pubsub.topic(`${env}-${channel}`, {
        batching: { maxMessages: 1 },
        gaxOpts: { timeout: timeoutMs, retry: { backoffSettings: backoff } },
      })
    return { pubsub, topics: { 'slicing-jobs': topic('slicing-jobs'), 'print-jobs': topic('print-jobs') } }
  }

  return {
    async publish(channel, eventId, message) {
      const { topics } = await connected()
      await topics[channel].publishMessage({ json: message as object, attributes: { event_id: eventId } })
    },

    async missingTopics() {
      const { topics } = await connected()
      const known = await Promise.all(channels.map(async channel => (await topics[channel].exists())[0]))
      return channels.filter((_, index) => !known[index]).map(channel => `${env}-${channel}`)
    },

    async close() {
      if (client) await (await client).pubsub.close()
    },
  }
}

const backoff = {
  initialRetryDelayMillis: 100,
  retryDelayMultiplier: 2,
  maxRetryDelayMillis: 3000,
  initialRpcTimeoutMillis: 5000,
  rpcTimeoutMultiplier: 1,
  maxRpcTimeoutMillis: 5000,
  totalTimeoutMillis: timeoutMs,
}
