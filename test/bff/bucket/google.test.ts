import { randomBytes } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { PubSub } from '@google-cloud/pubsub'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { googleBucket } from '../../../bff/bucket/google.ts'
import { googlePublish } from '../../../bff/queue/google.ts'
import { until } from '../../make/eventually.ts'
import { become, makeGoogle, makeGoogleDir, projectId } from '../../make/google.ts'

const test = suite('bucket and topics')
const { dataDir, remove } = makeGoogleDir()
const google = await makeGoogle(dataDir)
become(google, 'writer')
const bucket = googleBucket({ bucketName: 'files', projectId, apiEndpoint: google.storageUrl })
const queue = googlePublish({ projectId, env: 'test' })
const pubsub = new PubSub({ projectId })
test.after(async () => {
  await queue.close()
  await pubsub.close()
  await google.close()
  remove()
})

const bytes = randomBytes(9 * 1024 * 1024 + 123)

async function* pieces(of: Buffer, size = 100_000): AsyncGenerator<Buffer> {
  for (let at = 0; at < of.length; at += size) yield of.subarray(at, at + size)
}

async function readAll(uri: string, range?: { start: number; end: number }): Promise<Buffer> {
  return Buffer.concat(await bucket.read(uri, range).toArray())
}

test('an object written as a stream is read back whole and in ranges', async () => {
  await bucket.write('models/a', pieces(bytes))
  const uri = bucket.uri('models/a')
  assert.is(uri, 'gs://files/models/a')
  assert.ok((await readAll(uri)).equals(bytes))
  assert.ok((await readAll(uri, { start: 5_000_000, end: 5_000_099 })).equals(bytes.subarray(5_000_000, 5_000_100)))
})

test('an upload whose connection is cut goes on', async () => {
  google.faults.uploadsToCut = 1
  await bucket.write('models/cut', pieces(bytes))
  assert.ok((await readAll(bucket.uri('models/cut'))).equals(bytes))
})

test('an upload whose source fails leaves nothing, and tells why', async () => {
  async function* failing() {
    yield* pieces(bytes)
    throw new Error('the sender went away')
  }
  const error = await bucket.write('models/half', failing()).catch(error => error)
  assert.is(error.message, 'the sender went away')
  assert.is((await readAll(bucket.uri('models/half')).catch(error => error)).code, 404)
})

test('a download that breaks off fails instead of never ending', async () => {
  google.faults.downloadsToCut = 1
  const error = await readAll(bucket.uri('models/a')).catch(error => error)
  assert.instance(error, Error)
})

test('a download may be read slowly', async () => {
  const impatient = googleBucket({ bucketName: 'files', projectId, apiEndpoint: google.storageUrl, stallMs: 500 })
  let read = 0
  for await (const piece of impatient.read(bucket.uri('models/a'))) {
    if (read === 0) await new Promise(resolve => setTimeout(resolve, 1200))
    read += piece.length
  }
  assert.is(read, bytes.length)
})

test('a reader that leaves early ends the download', async () => {
  const stream = bucket.read(bucket.uri('models/a'))
  for await (const _ of stream) break
  assert.ok(stream.destroyed)
  const unread = bucket.read(bucket.uri('models/a'))
  unread.destroy()
  await turn()
  assert.ok(unread.destroyed)
})

test('a removed object is gone; removing it again succeeds', async () => {
  const uri = bucket.uri('models/a')
  await bucket.remove(uri)
  await bucket.remove(uri)
  assert.is((await readAll(uri).catch(error => error)).code, 404)
})

test('an address of another bucket is refused', async () => {
  for (const uri of ['gs://other/models/a', 'gs://files-2/a', 'https://files/a', 'gs://files/']) {
    assert.throws(() => bucket.read(uri), /not an object of the bucket files/)
    assert.match((await bucket.remove(uri).catch(error => error)).message, /not an object of the bucket files/)
  }
})

test('a bucket that is not there, or not ours, is told at the start', async () => {
  await bucket.projectNumber()
  const missing = googleBucket({ bucketName: 'nowhere', projectId, apiEndpoint: google.storageUrl })
  assert.is((await missing.projectNumber().catch(error => error)).code, 404)
})

test('missing topics are named; a message carries its event id', async () => {
  assert.equal(await queue.missingTopics(), ['test-slicing-jobs', 'test-print-jobs'])
  for (const name of ['test-slicing-jobs', 'test-print-jobs']) await pubsub.createTopic(name)
  assert.equal(await queue.missingTopics(), [])
  const [subscription] = await pubsub.topic('test-print-jobs').createSubscription('integrator')
  const received: { data: unknown; attributes: unknown }[] = []
  subscription.on('message', message => {
    received.push({ data: JSON.parse(message.data.toString()), attributes: message.attributes })
    message.ack()
  })
  await queue.publish('print-jobs', 'event_1', { print_job_id: 'job_1' })
  await until(() => received.length > 0)
  assert.equal(received, [{ data: { print_job_id: 'job_1' }, attributes: { event_id: 'event_1' } }])
  await subscription.close()
})

test.run()
