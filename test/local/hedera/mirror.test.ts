import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeHedera, type TestHedera } from '../../make/hedera.ts'

/** The parts of all answers that this file looks at. */
interface Body {
  transactions: {
    result: string
    name: string
    transaction_id: string
    memo_base64: string
    consensus_timestamp: string
    transfers: object[]
  }[]
  balance: { balance: number }
  balances: object[]
  key: { _type: string }
  messages: { sequence_number: number }[]
  message: string
  consensus_timestamp: string
  links: { next: string | null }
  blocks: { timestamp: { to: string } }[]
}

interface World {
  hedera: TestHedera
  topicId: string
  accountId: string
  /** In the mirror's form. */
  transferId: string
  get: (path: string) => Promise<{ status: number; body: Body }>
}

const test = suite<World>('hedera: the mirror')
const messageCount = 7

test.before(async world => {
  const hedera = await makeHedera()
  const { accountId, key } = await hedera.newAccount(1_000n)
  const transfers = [
    { account: accountId, units: -400n },
    { account: '0.0.2', units: 400n },
  ]
  const transfer = await hedera.ledger.buildTransfer({ transfers, memo: 'purch_1' })
  await hedera.settle(transfer, key)
  const topicId = await hedera.newTopic()
  for (let number = 1; number <= messageCount; number++) {
    await hedera.settle(await hedera.ledger.buildTopicMessage({ topicId, message: `message ${number}` }))
  }
  const get: World['get'] = async path => {
    const response = await fetch(hedera.mirrorUrl + path)
    return { status: response.status, body: (await response.json()) as Body }
  }
  const transferId = transfer.transactionId.replace('@', '-').replace(/\.(\d{9})$/, '-$1')
  Object.assign(world, { hedera, topicId, accountId, transferId, get })
})

test.after(async ({ hedera }) => {
  await hedera.close()
})

test('a transaction is found by its id, with all that it moved', async ({ get, transferId, accountId }) => {
  const { status, body } = await get(`/api/v1/transactions/${transferId}`)
  assert.is(status, 200)
  const [transaction] = body.transactions
  assert.ok(transaction)
  assert.is(transaction.result, 'SUCCESS')
  assert.is(transaction.name, 'CRYPTOTRANSFER')
  assert.is(transaction.transaction_id, transferId)
  assert.is(Buffer.from(transaction.memo_base64, 'base64').toString(), 'purch_1')
  assert.match(transaction.consensus_timestamp, /^\d{10}\.\d{9}$/)
  assert.equal(transaction.transfers, [
    { account: '0.0.2', amount: 400 - 100_000, is_approval: false },
    { account: '0.0.98', amount: 100_000, is_approval: false },
    { account: accountId, amount: -400, is_approval: false },
  ])
})

test('accounts and balances are told', async ({ get, accountId }) => {
  const { body } = await get(`/api/v1/accounts/${accountId}`)
  assert.is(body.balance.balance, 600)
  assert.is(body.key._type, 'ED25519')
  const balances = await get(`/api/v1/balances?account.id=${accountId}`)
  assert.equal(balances.body.balances, [{ account: accountId, balance: 600, tokens: [] }])
})

test('messages come in pages that lead to each other, in either order', async ({ get, topicId }) => {
  for (const order of ['asc', 'desc']) {
    const seen: number[] = []
    let next: string | null = `/api/v1/topics/${topicId}/messages?limit=3&order=${order}`
    while (next) {
      const { body }: { body: Body } = await get(next)
      for (const message of body.messages) seen.push(message.sequence_number)
      next = body.links.next
    }
    const expected = Array.from({ length: messageCount }, (_, index) => index + 1)
    assert.equal(seen, order === 'asc' ? expected : expected.reverse())
  }
})

test('messages are found by their number, a range of numbers, and their time', async ({ get, topicId }) => {
  const range = await get(`/api/v1/topics/${topicId}/messages?sequencenumber=gt:2&sequencenumber=lte:4`)
  assert.equal(
    range.body.messages.map(message => message.sequence_number),
    [3, 4],
  )
  const third = await get(`/api/v1/topics/${topicId}/messages/3`)
  assert.is(Buffer.from(third.body.message, 'base64').toString(), 'message 3')
  const same = await get(`/api/v1/topics/messages/${third.body.consensus_timestamp}`)
  assert.equal(same.body, third.body)
})

test('what is not there is 404, what cannot be read is 400', async ({ get, topicId, transferId }) => {
  const missing = ['/transactions/0.0.2-1-000000001', '/accounts/0.0.999', '/topics/0.0.999/messages', '/nonsense']
  for (const path of [...missing, `/topics/${topicId}/messages/99`]) {
    assert.is((await get(`/api/v1${path}`)).status, 404, path)
  }
  const unreadable = [
    `/transactions/${transferId}x`,
    '/accounts/x',
    `/topics/${topicId}/messages?limit=x`,
    `/topics/${topicId}/messages?order=up`,
    `/topics/${topicId}/messages?sequencenumber=ne:1`,
    `/topics/${topicId}/messages/0`,
    '/balances',
  ]
  for (const path of unreadable) assert.is((await get(`/api/v1${path}`)).status, 400, path)
})

test('blocks tell how far the mirror is, also when nothing happens', async ({ get, hedera }) => {
  const latest = async () => {
    const { body } = await get('/api/v1/blocks?limit=1&order=desc')
    return Number(body.blocks[0]?.timestamp.to) * 1000
  }
  const behindMs = hedera.clock.now().getTime() - (await latest())
  assert.ok(behindMs >= 0 && behindMs < 5000, `${behindMs} ms`)
  const before = await latest()
  hedera.clock.pass(60_000)
  assert.ok((await latest()) >= before + 60_000)
})

test('a mirror that lags shows neither what is new nor a later time', async ({ get, hedera, topicId }) => {
  hedera.faults.mirrorLagMs = 10_000
  hedera.clock.pass(20_000)
  const built = await hedera.ledger.buildTopicMessage({ topicId, message: 'new' })
  await hedera.settle(built)
  const count = async () => (await get(`/api/v1/topics/${topicId}/messages`)).body.messages.length
  assert.is(await count(), messageCount)
  hedera.clock.pass(11_000)
  assert.is(await count(), messageCount + 1)
  hedera.faults.mirrorLagMs = 0
})

test.run()
