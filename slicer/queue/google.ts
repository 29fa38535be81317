import type { PubSub, Topic } from '@google-cloud/pubsub'
import { AppError } from '../../schema/http/errors.ts'
import type { SlicingResult } from '../../schema/messages/slicing.ts'

export interface GoogleQueue {
  publish: (result: SlicingResult) => Promise<void>
  close: () => Promise<void>
}

// The client's own limit is ten minutes, which is longer than a preparation's lease.
const timeoutMs = 30_000

/** The topic of slicing results. The client is loaded at the first use, because loading it would dominate the start. */
export function googleQueue({ projectId, topicName }: { projectId: string; topicName: string }): GoogleQueue {
  let client: Promise<{ pubsub: PubSub; topic: Topic }> | undefined

  async function connect() {
    const { PubSub } = await import('@google-cloud/pubsub')
    const pubsub = new PubSub({ projectId })
    return { pubsub, topic: pubsub.topic(topicName, { batching: { maxMessages: 1 }, gaxOpts: { timeout: timeoutMs } }) }
  }

  return {
    async publish(result) {
      client ??= connect()
      try {
        await (await client).topic.publishMessage({ json: result })
      } catch (error) {
        throw new AppError('unavailable', 'The result could not be published.', { cause: error })
      }
    },
    async close() {
      if (client) await (await client).pubsub.close()
    },
  }
}
