import type { Broker } from './broker.ts'
import type { Topic } from './journal.ts'
import { checkProject, checkResourceName } from './names.ts'
import { publisherMethods } from './protocol.ts'
import { invalid } from './status.ts'
import { unary } from './unary.ts'

const messagesLimit = 1000
const messageLimitBytes = 10 * 1000 * 1000

/** google.pubsub.v1.Publisher */
export function publisherService(broker: Broker, projectId: string) {
  const show = ({ name, labels }: Topic) => ({ name, labels })
  return {
    createTopic: unary(publisherMethods.createTopic, async ({ name, labels }) => {
      const topic = { name: checkResourceName('topics', name, projectId), labels: labels ?? {} }
      await broker.createTopic(topic)
      return show(topic)
    }),
    getTopic: unary(publisherMethods.getTopic, async ({ topic }) =>
      show(broker.topic(checkResourceName('topics', topic, projectId))),
    ),
    listTopics: unary(publisherMethods.listTopics, async ({ project }) => {
      checkProject(project.replace(/^projects\//, ''), projectId)
      return { topics: broker.topics().map(show) }
    }),
    publish: unary(publisherMethods.publish, async ({ topic, messages }) => {
      broker.topic(checkResourceName('topics', topic, projectId))
      if (messages.length === 0) throw invalid('The value for message_count is too small.')
      if (messages.length > messagesLimit) throw invalid('The value for message_count is too large.')
      const checked = messages.map(({ data, attributes, orderingKey }) =>
        checkMessage(Buffer.from((data ?? '') as Uint8Array), attributes ?? {}, orderingKey ?? ''),
      )
      return { messageIds: await broker.publish(topic, checked) }
    }),
  }
}

function checkMessage(data: Buffer, attributes: Record<string, string>, orderingKey: string) {
  const entries = Object.entries(attributes)
  if (data.length === 0 && entries.length === 0) throw invalid('A message must have data or at least one attribute.')
  if (data.length > messageLimitBytes) throw invalid(`A message is over ${messageLimitBytes} bytes.`)
  if (orderingKey) throw invalid('This double does not know orderingKey.')
  const isTooLong = (text: string, limit: number) => Buffer.byteLength(text) > limit
  if (entries.length > 100 || entries.some(([key, value]) => isTooLong(key, 256) || isTooLong(value, 1024))) {
    throw invalid('A message has too many or too long attributes.')
  }
  return { data: data.toString('base64'), attributes }
}
