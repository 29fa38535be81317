/** Topics of the Hedera double, through Hedera's own SDK. */
import { type Client, PrivateKey, TopicCreateTransaction, TopicMessageSubmitTransaction } from '@hashgraph/sdk'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeHedera, type TestHedera } from '../../make/hedera.ts'
import { clientOf, outcome } from '../../make/hedera-sdk.ts'

const test = suite<{ hedera: TestHedera; client: Client }>('hedera: topics')

test.before(async context => {
  context.hedera = await makeHedera()
  context.client = clientOf(context.hedera, PrivateKey.fromBytesED25519(context.hedera.operatorKey))
})

test.after(async ({ hedera, client }) => {
  client.close()
  await hedera.close()
})

test('a topic numbers its messages, and only the holder of its submit key writes', async ({ client }) => {
  const submitKey = PrivateKey.generateED25519()
  const made = await new TopicCreateTransaction().setSubmitKey(submitKey.publicKey).execute(client)
  const topicId = (await made.getReceipt(client)).topicId!
  const message = (text: string) => new TopicMessageSubmitTransaction().setTopicId(topicId).setMessage(text)
  for (const expected of [1, 2]) {
    const signed = await message('printed').freezeWith(client).sign(submitKey)
    const receipt = await (await signed.execute(client)).getReceipt(client)
    assert.is(receipt.topicSequenceNumber?.toNumber(), expected)
  }
  assert.is(await outcome(client, message('not mine')), 'INVALID_SIGNATURE')
  assert.is(await outcome(client, message('nowhere').setTopicId('0.0.999999')), 'INVALID_TOPIC_ID')
})

test('a long message comes in chunks that say how they belong together', async ({ hedera, client }) => {
  const made = await new TopicCreateTransaction().execute(client)
  const topicId = (await made.getReceipt(client)).topicId!
  const responses = await new TopicMessageSubmitTransaction()
    .setTopicId(topicId)
    .setMessage('x'.repeat(2500))
    .executeAll(client)
  assert.is(responses.length, 3)
  const answer = await fetch(`${hedera.mirrorUrl}/api/v1/topics/${topicId}/messages`)
  const { messages } = (await answer.json()) as {
    messages: { chunk_info: { number: number; total: number; initial_transaction_id: object } }[]
  }
  assert.equal(
    messages.map(({ chunk_info: { number, total } }) => [number, total]),
    [
      [1, 3],
      [2, 3],
      [3, 3],
    ],
  )
  const [first] = messages.map(({ chunk_info }) => chunk_info.initial_transaction_id)
  for (const { chunk_info } of messages) assert.equal(chunk_info.initial_transaction_id, first)
})

test('a message over 1024 bytes in one piece is refused', async ({ client }) => {
  const made = await new TopicCreateTransaction().execute(client)
  const topicId = (await made.getReceipt(client)).topicId!
  const message = new TopicMessageSubmitTransaction()
    .setTopicId(topicId)
    .setChunkSize(2000)
    .setMessage('x'.repeat(1025))
  assert.is(await outcome(client, message), 'MESSAGE_SIZE_TOO_LARGE')
})

test.run()
