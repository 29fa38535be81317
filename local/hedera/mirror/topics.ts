import { Hono } from 'hono'
import { timestamp } from '../ids.ts'
import { entity, found, page, passes, read, sequence, sequenceFilter, time } from './input.ts'
import { messageShape } from './shapes.ts'
import type { View } from './view.ts'

/** Under /api/v1/topics. */
export function topicRoutes(view: () => View): Hono {
  const app = new Hono()

  app.get('/messages/:timestamp', c => {
    const wanted = read(time, c.req.param('timestamp'), 'timestamp')
    const { state, hasSeen } = view()
    const [message] = [...state.topics.values()].flatMap(topic =>
      topic.messages
        .filter(message => hasSeen(message) && timestamp(message.consensusNs) === wanted)
        .map(message => messageShape(topic, message)),
    )
    return c.json(found(message))
  })

  app.get('/:id/messages', c => {
    const topicId = read(entity, c.req.param('id'), 'topicId')
    const { limit, order } = read(page, c.req.query(), 'limit or order')
    const filters = (c.req.queries('sequencenumber') ?? []).map(text => read(sequenceFilter, text, 'sequencenumber'))
    const { state, hasSeen } = view()
    const topic = found(state.topics.get(topicId))
    const fitting = topic.messages.filter(message => hasSeen(message) && passes(message.sequence, filters))
    if (order === 'desc') fitting.reverse()
    const messages = fitting.slice(0, limit).map(message => messageShape(topic, message))
    const last = messages.at(-1)
    const hasMore = fitting.length > limit && last !== undefined
    const from = `${order === 'asc' ? 'gt' : 'lt'}:${last?.sequence_number}`
    const next = `/api/v1/topics/${topicId}/messages?limit=${limit}&order=${order}&sequencenumber=${from}`
    return c.json({ links: { next: hasMore ? next : null }, messages })
  })

  app.get('/:id/messages/:sequence', c => {
    const topicId = read(entity, c.req.param('id'), 'topicId')
    const number = read(sequence, c.req.param('sequence'), 'sequenceNumber')
    const { state, hasSeen } = view()
    const topic = found(state.topics.get(topicId))
    const message = found(topic.messages[number - 1])
    return c.json(messageShape(topic, found(hasSeen(message) ? message : undefined)))
  })

  return app
}
