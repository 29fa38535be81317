import { topicId } from '../ids.ts'
import { rawKey } from '../keys.ts'
import { require } from '../refusal.ts'
import { newEntityId } from '../state.ts'
import type { Handler } from './handler.ts'

const hashSize = 48

/** A topic without an admin key, thus for ever; with a submit key only its owner writes to it. */
export const createTopic: Handler = {
  name: 'CONSENSUSCREATETOPIC',

  check: ({ consensusCreateTopic: wish }) => {
    require(!wish?.adminKey, 'NOT_SUPPORTED')
    require(!wish?.submitKey || rawKey(wish.submitKey), 'BAD_ENCODING')
  },

  apply: ({ consensusCreateTopic: wish }, { state }) => {
    const id = newEntityId(state)
    const runningHash = Buffer.alloc(hashSize)
    state.topics.set(id, { id, memo: wish?.memo ?? '', submitKey: rawKey(wish?.submitKey), messages: [], runningHash })
    return { receipt: { topicID: topicId(id) }, entityId: id }
  },
}
