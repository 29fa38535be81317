/**
 * Poison through Pub/Sub's own dead letter topic: what a consumer refuses as often as it comes reaches the operator, who sends
 * it to where it came from. The marketplace's code, Google's client and the queues of `npm start`.
 */
import { PubSub } from '@google-cloud/pubsub'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createApp } from '../../../../bff/app.ts'
import { googlePublish } from '../../../../bff/queue/google.ts'
import { listDeadLetters } from '../../../../bff/services/dead-letter/list.ts'
import { replayDeadLetter } from '../../../../bff/services/dead-letter/replay.ts'
import { drain } from '../../../../bff/services/outbox/drain.ts'
import { startGoogle } from '../../../../local/google/start.ts'
import { cloud, setUpTopics } from '../../../../local/stack/cloud.ts'
import { idTokenVerifier, type VerifyIdToken } from '../../../../runtime/id-token.ts'
import { listen } from '../../../../runtime/serve.ts'
import { deadLetters } from '../../../../schema/db/bff/index.ts'
import { isAppError } from '../../../../schema/http/errors.ts'
import { newId } from '../../../../schema/http/ids.ts'
import { eventually, until } from '../../../make/eventually.ts'
import { become, makeGoogleDir } from '../../../make/google.ts'
import { makeContext } from '../../../make/market.ts'
import { makeEndpoint, textOf } from '../../../make/push-endpoint.ts'

const test = suite('what Pub/Sub gives up')
const { projectId, environment: env, accounts } = cloud
const { dataDir, remove } = makeGoogleDir()
// An hour is 36 s: what fails at first comes again soon.
const google = await startGoogle({
  dataDir,
  projectId,
  timeScale: 100,
  serviceAccounts: Object.entries(accounts).map(([name, email]) => ({ name, email })),
})
become(google, 'bff')
const pubsub = new PubSub({ projectId })
const queue = googlePublish({ projectId, env })
const market = await makeContext({
  publish: queue.publish,
  settings: { environment: env, pushServiceAccount: accounts.push },
})
const operator = market.as({ kind: 'operator' })
const slicer = await makeEndpoint()
let verifyIdToken: VerifyIdToken = async () => 'nobody'
const bff = await listen(
  createApp({ context: market.ctx, verifyIdToken: token => verifyIdToken(token), ready: async () => {} }),
)
verifyIdToken = idTokenVerifier({ jwksUrl: google.jwksUrl, issuer: google.issuer, audience: bff.url })
test.after(async () => {
  await queue.close()
  await pubsub.close()
  await google.close()
  await slicer.close()
  await bff.close(0)
  await market.close()
  remove()
})

const subscriptionOf = (topic: string) => pubsub.subscription(`${env}-${topic}-subscription`)
const letters = () => listDeadLetters(operator)
const nextLetter = () => eventually('a dead letter', async () => (await letters())[0])

/** Sets up the queues, then lowers the number of attempts: a hundred are many for a test. */
async function setUpQueues(): Promise<void> {
  await setUpTopics(google.pubsubHost, { bff: bff.url, slicer: slicer.url })
  for (const topic of ['slicing-jobs', 'slicing-results']) {
    const [{ deadLetterPolicy }] = await subscriptionOf(topic).getMetadata()
    assert.equal(deadLetterPolicy, {
      deadLetterTopic: `projects/${projectId}/topics/${env}-dead-letters`,
      maxDeliveryAttempts: 100,
    })
    await subscriptionOf(topic).setMetadata({ deadLetterPolicy: { ...deadLetterPolicy, maxDeliveryAttempts: 5 } })
  }
}

test('a job that the slicer refuses for ever comes to the operator, and to the slicer again when he wants it', async () => {
  // The queues of an earlier `npm start`, which knew nothing of dead letters.
  const [old] = await pubsub.topic(`${env}-slicing-jobs`).get({ autoCreate: true })
  await old.createSubscription(`${env}-slicing-jobs-subscription`, { pushEndpoint: slicer.url })
  await setUpQueues()
  slicer.otherwise = 500
  const job = {
    purchase_id: newId('purchase', market.ctx.random),
    preparation_id: newId('preparation', market.ctx.random),
    print_profile_id: newId('profile', market.ctx.random),
    printer_id: newId('printer', market.ctx.random),
    model_id: newId('model', market.ctx.random),
    stl_gcs_uri: 'gs://lmnt-test/model',
    stl_dek: 'wrapped',
    stl_iv: 'iv',
    stl_mac: 'mac',
    stl_units: null,
  }
  await queue.publish('slicing-jobs', 'event_1', job)
  const letter = await nextLetter()
  const attempts = slicer.received.map(received => received.deliveryAttempt)
  assert.equal(attempts, [1, 2, 3, 4, 5])
  assert.is(letter.topic, 'slicing-jobs')
  assert.match(letter.error, /after 5 deliveries of local-slicing-jobs-subscription/)

  slicer.otherwise = 204
  assert.is(await replayDeadLetter(operator, letter.id), 'taken')
  await drain(market.ctx)
  await until(() => slicer.received.length === 6)
  assert.equal(JSON.parse(textOf(slicer.received[5]!)), job)
  assert.equal(await letters(), [])
})

test('a result that is too large for its own route comes to the operator all the same', async () => {
  await market.db.delete(deadLetters)
  await setUpQueues()
  const result = { outcome: 'failed', message: 'x'.repeat(5_000_000) }
  await pubsub.topic(`${env}-slicing-results`).publishMessage({ json: result })
  const letter = await nextLetter()
  assert.is(letter.topic, 'slicing-results')
  const [row] = await market.db.select().from(deadLetters)
  assert.equal(JSON.parse(row!.body.toString()), result)
  const refusal = await replayDeadLetter(operator, letter.id).catch((error: unknown) => error)
  assert.ok(isAppError(refusal, 'invalid_input'), 'it still cannot be read, and he is told so')
})

test.run()
