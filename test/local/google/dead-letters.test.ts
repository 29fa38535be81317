import { type CreateSubscriptionOptions, type Message, PubSub, type Topic } from '@google-cloud/pubsub'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from '../../make/eventually.ts'
import { become, makeGoogle, makeGoogleDir, projectId } from '../../make/google.ts'
import { makeEndpoint } from '../../make/push-endpoint.ts'

const test = suite('google: Pub/Sub’s dead letters')
const { dataDir, remove } = makeGoogleDir()
const endpoint = await makeEndpoint()
let google = await makeGoogle(dataDir)
become(google, 'writer')
let pubsub = new PubSub({ projectId })
const letters: Message[] = []
test.after(async () => {
  await pubsub.close()
  await endpoint.close()
  await google.close()
  remove()
})
test.before.each(() => {
  endpoint.received.length = 0
  endpoint.answers = []
  endpoint.otherwise = 204
  letters.length = 0
})

async function restart(): Promise<void> {
  await pubsub.close()
  await google.close()
  google = await makeGoogle(dataDir)
  become(google, 'writer')
  pubsub = new PubSub({ projectId })
}

const [invalid, notFound] = [3, 5]
const retryPolicy = { minimumBackoff: { nanos: 1_000_000 }, maximumBackoff: { nanos: 20_000_000 } }
const topicName = (name: string) => `projects/${projectId}/topics/${name}`
const upTo = (maxDeliveryAttempts: number) => ({ deadLetterTopic: topicName('dead'), maxDeliveryAttempts })
const attempts = () => endpoint.received.map(received => received.deliveryAttempt)

async function subscribe(name: string, options: CreateSubscriptionOptions): Promise<Topic> {
  const [topic] = await pubsub.topic(name).get({ autoCreate: true })
  await topic.createSubscription(`${name}-subscription`, { retryPolicy, ...options })
  return topic
}

/** Reads the dead letter topic from now on, until the function that it gives is called. */
function listen(): () => Promise<void> {
  const subscription = pubsub.subscription('dead-subscription')
  subscription.on('message', (message: Message) => {
    letters.push(message)
    message.ack()
  })
  return () => subscription.close()
}

async function codeOf(answer: Promise<unknown>): Promise<unknown> {
  return answer.then(
    () => 'no error',
    (error: { code?: unknown }) => error.code,
  )
}

test('a policy is refused whose topic is missing or its own, or whose attempts are out of range', async () => {
  const topic = await subscribe('refusing', {})
  const asking = (deadLetterTopic: string, maxDeliveryAttempts: number) =>
    codeOf(topic.createSubscription('asked', { deadLetterPolicy: { deadLetterTopic, maxDeliveryAttempts } }))
  assert.is(await asking(topicName('dead'), 5), notFound)
  await subscribe('dead', {})
  assert.is(await asking(topicName('refusing'), 5), invalid)
  assert.is(await asking(topicName('dead'), 4), invalid)
  assert.is(await asking(topicName('dead'), 101), invalid)
  assert.is(await asking(topicName('dead'), 0), 'no error')
  const [asked] = await pubsub.subscription('asked').getMetadata()
  assert.equal(asked.deadLetterPolicy, upTo(5), 'five, when it is not said')
})

test('a message that fails too often goes to the dead letter topic, and tells where it comes from', async () => {
  endpoint.otherwise = 500
  const topic = await subscribe('poison', { pushEndpoint: endpoint.url, deadLetterPolicy: upTo(5) })
  const stop = listen()
  const id = await topic.publishMessage({ data: Buffer.from('poison'), attributes: { kind: 'slice' } })
  await until(() => letters.length === 1)
  assert.equal(attempts(), [1, 2, 3, 4, 5])
  const [letter] = letters
  const { CloudPubSubDeadLetterSourceTopicPublishTime: publishTime, ...attributes } = letter!.attributes
  assert.is(letter!.data.toString(), 'poison')
  assert.is.not(letter!.id, id, 'it is a new message')
  assert.equal(attributes, {
    kind: 'slice',
    CloudPubSubDeadLetterSourceDeliveryCount: '5',
    CloudPubSubDeadLetterSourceSubscription: 'poison-subscription',
    CloudPubSubDeadLetterSourceSubscriptionProject: projectId,
  })
  assert.is(Date.parse(publishTime!), Date.parse(endpoint.received[0]!.message.publishTime))
  await stop()

  endpoint.otherwise = 204
  await topic.publishMessage({ data: Buffer.from('good') })
  await until(() => endpoint.received.length === 6)
  assert.is(attempts()[5], 1, 'each message has its own count')
})

test('what a client gives back, or keeps too long, counts as well', async () => {
  const topic = await subscribe('pulled', { deadLetterPolicy: upTo(5) })
  const seen: number[] = []
  const subscription = pubsub.subscription('pulled-subscription')
  subscription.on('message', (message: Message) => {
    seen.push(message.deliveryAttempt)
    message.nack()
  })
  const stop = listen()
  await topic.publishMessage({ data: Buffer.from('no') })
  await until(() => letters.length === 1)
  assert.equal(seen, [1, 2, 3, 4, 5])
  await subscription.close()
  await stop()
})

test('the attempts are counted on after a restart, and what was cut off by it is none', async () => {
  endpoint.otherwise = 500
  const slow = { minimumBackoff: { seconds: 600 }, maximumBackoff: { seconds: 600 } }
  const topic = await subscribe('restarted', {
    pushEndpoint: endpoint.url,
    retryPolicy: slow,
    deadLetterPolicy: upTo(5),
  })
  await topic.publishMessage({ data: Buffer.from('stubborn') })
  await until(() => endpoint.received.length > 0)
  while (!attempts().includes(5)) {
    const { length } = endpoint.received
    await restart()
    await until(() => endpoint.received.length > length)
  }
  const stop = listen()
  await until(() => letters.length === 1)
  const isOneMore = (attempt: number | undefined, at: number) => attempt! - (attempts()[at - 1] ?? 0) <= 1
  assert.ok(attempts().every(isOneMore), `${attempts()}`)
  assert.is(attempts().at(-1), 5)
  await stop()
  await restart()
  const count = endpoint.received.length
  const good = await pubsub.topic('restarted').publishMessage({ data: Buffer.from('good') })
  await until(() => endpoint.received.length > count)
  assert.equal(
    [endpoint.received.at(-1)!.message.messageId, attempts().at(-1)],
    [good, 1],
    'what was given up stays away',
  )
})

test('an old subscription gets a policy, and what fails from then on is counted', async () => {
  endpoint.otherwise = 500
  const topic = await subscribe('old', { pushEndpoint: endpoint.url })
  await topic.publishMessage({ data: Buffer.from('poison') })
  await until(() => endpoint.received.length > 7)
  const subscription = pubsub.subscription('old-subscription')
  await subscription.setMetadata({ deadLetterPolicy: upTo(6) })
  const stop = listen()
  await until(() => letters.length === 1)
  const counted = attempts().filter(attempt => attempt !== undefined)
  assert.is(counted.at(-1), 6)
  await stop()

  const kept = { deadLetterTopic: topicName('none'), maxDeliveryAttempts: 6 }
  assert.is(await codeOf(subscription.setMetadata({ deadLetterPolicy: kept })), notFound)
  await subscription.setMetadata({ deadLetterPolicy: null })
  assert.is((await subscription.getMetadata())[0].deadLetterPolicy, null)
})

test.run()
