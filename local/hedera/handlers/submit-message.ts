import { createHash } from 'node:crypto'
import { timestamp, toLong, topicName } from '../ids.ts'
import { require } from '../refusal.ts'
import type { Topic, TopicMessage } from '../state.ts'
import type { Handler } from './handler.ts'

const maxMessageBytes = 1024
const runningHashVersion = 3n

/** A message, or one chunk of a long one. Chunks are stored as they arrive; readers join them. */
export const submitMessage: Handler = {
  name: 'CONSENSUSSUBMITMESSAGE',

  check: ({ consensusSubmitMessage: wish }) => {
    require(wish?.topicID, 'INVALID_TOPIC_ID')
    require(wish.message?.length, 'INVALID_TOPIC_MESSAGE')
  },

  apply: ({ consensusSubmitMessage: wish }, { state, payer, consensusNs, hasSigned }) => {
    const topic = state.topics.get(topicName(wish?.topicID) ?? '')
    require(topic, 'INVALID_TOPIC_ID')
    const content = Buffer.from(wish?.message ?? [])
    require(content.length <= maxMessageBytes, 'MESSAGE_SIZE_TOO_LARGE')
    const chunkInfo = wish?.chunkInfo ?? null
    if (chunkInfo) {
      const { number = 0, total = 0 } = chunkInfo
      require(number && total && number >= 1 && number <= total, 'INVALID_CHUNK_NUMBER')
    }
    require(!topic.submitKey || hasSigned(topic.submitKey), 'INVALID_SIGNATURE')

    const sequence = topic.messages.length + 1
    const message = { sequence, consensusNs, content, payer, chunkInfo }
    topic.runningHash = nextHash(topic, message)
    topic.messages.push({ ...message, runningHash: topic.runningHash })
    return {
      receipt: {
        topicSequenceNumber: toLong(BigInt(sequence)),
        topicRunningHash: topic.runningHash,
        topicRunningHashVersion: toLong(runningHashVersion),
      },
      entityId: topic.id,
    }
  },
}

/** Chains the messages as the network does; the bytes it hashes are laid out simpler than in the network's version 3. */
function nextHash(topic: Topic, message: Omit<TopicMessage, 'runningHash'>): Buffer {
  return createHash('sha384')
    .update(topic.runningHash)
    .update(`${message.payer}|${topic.id}|${timestamp(message.consensusNs)}|${message.sequence}|`)
    .update(createHash('sha384').update(message.content).digest())
    .digest()
}
