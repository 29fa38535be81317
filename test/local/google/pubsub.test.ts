import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { type CreateSubscriptionOptions, type Message, PubSub, type Topic } from '@google-cloud/pubsub'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bearer, idTokenVerifier } from '../../../runtime/id-token.ts'
import { until } from '../../make/eventually.ts'
import { become, emailOf, makeGoogle, makeGoogleDir, projectId } from '../../make/google.ts'
import { type Endpoint, makeEndpoint, textOf } from '../../make/push-endpoint.ts'

const test = suite('google: Pub/Sub')
const { dataDir, remove } = makeGoogleDir()
const endpoints: Endpoint[] = []
let google = await makeGoogle(dataDir)
become(google, 'writer')
let pubsub = new PubSub({ projectId })
test.after(async () => {
  await pubsub.close()
  for (const endpoint of endpoints) await endpoint.close()
  await google.close()
  remove()
})

/** Restarts the doubles on the same folder; what `between` does happens while nothing runs. */
async function restart(between: () => void = () => {}): Promise<void> {
  await pubsub.close()
  await google.close()
  between()
  google = await makeGoogle(dataDir)
  become(google, 'writer')
  pubsub = new PubSub({ projectId })
}

async function endpointOfTest(): Promise<Endpoint> {
  const endpoint = await makeEndpoint()
  endpoints.push(endpoint)
  return endpoint
}

async function subscribe(name: string, options: CreateSubscriptionOptions = {}): Promise<Topic> {
  const [topic] = await pubsub.topic(name).get({ autoCreate: true })
  await topic.createSubscription(`${name}-subscription`, options)
  return topic
}

const quick = { retryPolicy: { minimumBackoff: { nanos: 10_000_000 }, maximumBackoff: { seconds: 1 } } }
const send = (topic: Topic, text: string) => topic.publishMessage({ data: Buffer.from(text) })

async function codeOf(answer: Promise<unknown>): Promise<unknown> {
  return answer.then(
    () => 'no error',
    (error: { code?: unknown }) => error.code,
  )
}

test('a message is pushed once, with a token of the subscription’s account for its audience', async () => {
  const endpoint = await endpointOfTest()
  const oidcToken = { serviceAccountEmail: emailOf('reader'), audience: 'https://slicer.example' }
  const topic = await subscribe('jobs', { pushConfig: { pushEndpoint: endpoint.url, oidcToken } })
  const messageId = await topic.publishMessage({ json: { n: 1 }, attributes: { kind: 'slice' } })
  await until(() => endpoint.received.length > 0)

  const received = endpoint.received[0]!
  assert.is(textOf(received), '{"n":1}')
  assert.is(received.message.messageId, messageId)
  assert.equal(received.message.attributes, { kind: 'slice' })
  assert.ok(Math.abs(Date.parse(received.message.publishTime) - Date.now()) < 10_000)
  assert.is(received.subscription, `projects/${projectId}/subscriptions/jobs-subscription`)
  const verify = idTokenVerifier({ jwksUrl: google.jwksUrl, issuer: google.issuer, audience: 'https://slicer.example' })
  assert.is(await verify(bearer(received.authorization)), emailOf('reader'))
})

test('a message comes again until it is acknowledged', async () => {
  const endpoint = await endpointOfTest()
  endpoint.answers = [500, 404, 302]
  const topic = await subscribe('again', { pushEndpoint: endpoint.url, ...quick })
  await send(topic, 'one')
  await until(() => endpoint.received.length === 4)
  assert.is(new Set(endpoint.received.map(received => received.message.messageId)).size, 1)
  assert.is(endpoint.received[0]!.deliveryAttempt, undefined, 'told only where there is a dead letter topic')

  await send(topic, 'two')
  await until(() => endpoint.received.length === 5)
  assert.is(textOf(endpoint.received[4]!), 'two', 'what was acknowledged stays away')
})

test('a lost answer and a doubled delivery are both seen as the same message twice', async () => {
  const endpoint = await endpointOfTest()
  const topic = await subscribe('faulty', { pushEndpoint: endpoint.url, ...quick })
  google.faults.pushAnswersToDrop = 1
  await send(topic, '1')
  await until(() => endpoint.received.length === 2)
  google.faults.deliveriesToDouble = 1
  await send(topic, '2')
  await until(() => endpoint.received.length === 4)
  assert.equal(endpoint.received.map(textOf), ['1', '1', '2', '2'])
})

test('no more messages are under way than the limit, and none is forgotten', async () => {
  const endpoint = await endpointOfTest()
  const topic = await subscribe('many', { pushEndpoint: endpoint.url })
  await Promise.all(Array.from({ length: 200 }, (_, n) => send(topic, `${n}`)))
  await until(() => endpoint.received.length === 200)
  assert.is(new Set(endpoint.received.map(textOf)).size, 200)
  assert.ok(endpoint.mostAtOnce <= 8, `${endpoint.mostAtOnce} at once`)
})

test('a restart keeps what was not acknowledged, and a torn last line harms nothing', async () => {
  const topic = await subscribe('durable')
  const endpoint = await endpointOfTest()
  const first = await topic.publishMessage({ data: Buffer.from('kept'), attributes: { kind: 'slice' } })
  // Acknowledged elsewhere: a second subscription of the same topic has had it.
  await topic.createSubscription('durable-done')
  await send(topic, 'both')
  const done = pubsub.subscription('durable-done')
  let acknowledged = 0
  done.on('message', message => message.ackWithResponse().then(() => acknowledged++))
  await until(() => acknowledged === 1)
  await done.close()

  await restart(() => appendFileSync(join(dataDir, 'pubsub/journal.jsonl'), '{"op":"publish","message":{"id":"99'))
  await pubsub.subscription('durable-subscription').modifyPushConfig({ pushEndpoint: endpoint.url })
  await pubsub.subscription('durable-done').modifyPushConfig({ pushEndpoint: endpoint.url })
  await until(() => endpoint.received.length === 2)
  assert.equal(endpoint.received.map(textOf).sort(), ['both', 'kept'])
  assert.equal(endpoint.received.find(received => received.message.messageId === first)?.message.attributes, {
    kind: 'slice',
  })

  await restart()
  const [subscription] = await pubsub.subscription('durable-subscription').get()
  assert.is(subscription.metadata?.pushConfig?.pushEndpoint, endpoint.url)
  const next = await send(pubsub.topic('durable'), 'next')
  await until(() => endpoint.received.length === 4)
  assert.ok(Number(next) > Number(first), 'an id is never given twice')
  assert.equal(endpoint.received.slice(2).map(textOf), ['next', 'next'], 'what was acknowledged stays away')
})

test('an integrator can pull, give back and pull again', async () => {
  const topic = await subscribe('pulled')
  const subscription = pubsub.subscription('pulled-subscription', {
    flowControl: { maxMessages: 3, allowExcessMessages: false },
  })
  const seen: string[] = []
  let held = 0
  let mostHeld = 0
  subscription.on('message', (message: Message) => {
    held += 1
    mostHeld = Math.max(mostHeld, held)
    setImmediate(() => {
      held -= 1
      const text = message.data.toString()
      if (seen.includes(text)) message.ack()
      else message.nack()
      seen.push(text)
    })
  })
  for (let n = 0; n < 10; n += 1) await send(topic, `${n}`)
  await until(() => seen.length === 20)
  assert.ok(mostHeld <= 3)
  await subscription.close()
})

test('topics and subscriptions are what they were asked to be', async () => {
  const [topics] = await pubsub.getTopics()
  assert.ok(topics.some(topic => topic.name === `projects/${projectId}/topics/jobs`))
  const subscription = pubsub.subscription('again-subscription')
  const shown = async () => (await subscription.getMetadata())[0]
  const { retryPolicy, ackDeadlineSeconds, pushConfig } = await shown()
  assert.equal([Number(retryPolicy?.maximumBackoff?.seconds), ackDeadlineSeconds], [1, 10])

  await subscription.setMetadata({ ackDeadlineSeconds: 20, retryPolicy: { minimumBackoff: { seconds: 5 } } })
  const changed = await shown()
  assert.equal([Number(changed.retryPolicy?.minimumBackoff?.seconds), changed.ackDeadlineSeconds], [5, 20])
  assert.equal(changed.pushConfig, pushConfig, 'what was not named stays')
  assert.is(await codeOf(subscription.setMetadata({ topic: 'projects/local-project/topics/many' })), 3)
  assert.is(await codeOf(subscription.setMetadata({ ackDeadlineSeconds: 601 })), 3)
  assert.is(await codeOf(pubsub.subscription('none').setMetadata({ ackDeadlineSeconds: 20 })), 5)

  await subscription.delete()
  assert.is((await subscription.exists())[0], false)
})

test('what cannot be is refused with its own code', async () => {
  const [invalid, notFound, alreadyExists, failedPrecondition] = [3, 5, 6, 9]
  await pubsub.createTopic('refusing')
  const topic = pubsub.topic('refusing')
  assert.is(await codeOf(pubsub.createTopic('refusing')), alreadyExists)
  assert.is(await codeOf(pubsub.createTopic('goog-topic')), invalid)
  assert.is(await codeOf(send(pubsub.topic('none'), '1')), notFound)
  assert.is(await codeOf(send(pubsub.topic('projects/another/topics/jobs'), '1')), notFound)
  assert.is(await codeOf(pubsub.topic('none').createSubscription('none-subscription')), notFound)
  assert.is(await codeOf(pubsub.subscription('none').getMetadata()), notFound)

  const asking = (options: CreateSubscriptionOptions) => codeOf(topic.createSubscription('asked', options))
  assert.is(await asking({ ackDeadlineSeconds: 601 }), invalid)
  assert.is(await asking({ filter: 'attributes:kind' }), invalid)
  assert.is(await asking({ pushEndpoint: 'ftp://127.0.0.1/' }), invalid)
  const oidcToken = { serviceAccountEmail: 'who@else.example' }
  assert.is(await asking({ pushConfig: { pushEndpoint: 'http://127.0.0.1:1/', oidcToken } }), invalid)

  const streamed = pubsub.subscription('jobs-subscription')
  const failure = await new Promise<{ code?: number }>(resolve => {
    streamed.on('error', resolve)
    streamed.on('message', () => {})
  })
  assert.is(failure.code, failedPrecondition, 'a subscription that pushes cannot be pulled')
  await streamed.close()
})

test.run()
