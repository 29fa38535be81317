import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { UnsignedTransaction } from '../../ledger/build.ts'
import { connectLedger } from '../../ledger/connect.ts'
import { addSignatures } from '../../ledger/sign.ts'
import { isAppError } from '../../schema/http/errors.ts'
import { makeHedera, type TestHedera } from '../make/hedera.ts'

interface World {
  hedera: TestHedera
  accountId: string
  key: Buffer
  /** A payment from the account to the fee account. */
  pay: (units: bigint) => Promise<UnsignedTransaction>
  sign: (built: UnsignedTransaction) => Buffer
}

const test = suite<World>('ledger: the client')

test.before(async world => {
  const hedera = await makeHedera()
  const { accountId, key } = await hedera.newAccount(1_000_000n)
  const pay: World['pay'] = units => {
    const transfers = [
      { account: accountId, units: -units },
      { account: '0.0.98', units },
    ]
    return hedera.ledger.buildTransfer({ transfers, memo: 'purch_1' })
  }
  const sign: World['sign'] = ({ bytes }) => addSignatures(bytes, [hedera.operatorKey, key])
  Object.assign(world, { hedera, accountId, key, pay, sign })
})

test.after(async ({ hedera }) => {
  await hedera.close()
})

test('a payment is accepted, settled, and has a consensus time at the mirror', async ({ hedera, pay, sign }) => {
  const built = await pay(10n)
  assert.equal(await hedera.ledger.submit(sign(built)), { status: 'accepted' })
  assert.equal(await hedera.ledger.receipt(built.transactionId, 2000), { status: 'settled' })
  const seen = await hedera.ledger.lookup(built.transactionId, built.validUntil)
  assert.is(seen.status, 'settled')
  assert.match(seen.status === 'settled' ? seen.consensusTimestamp! : '', /^\d{10}\.\d{9}$/)
})

test('an account and a topic are named by receipt and mirror alike', async ({ hedera }) => {
  const account = await hedera.ledger.buildAccountCreate({ publicKey: '11'.repeat(32), initialBalance: 7n })
  const { accountId } = await hedera.settle(account)
  const seen = await hedera.ledger.lookup(account.transactionId, account.validUntil)
  assert.is(seen.status === 'settled' && seen.accountId, accountId)
  assert.is(await hedera.ledger.balance(accountId!), 7n)
})

test('a message is numbered by receipt and mirror alike, and can be read', async ({ hedera }) => {
  const topicId = await hedera.newTopic()
  for (const expected of [1, 2, 3]) {
    const built = await hedera.ledger.buildTopicMessage({ topicId, message: `event ${expected}` })
    const { topicSequence } = await hedera.settle(built)
    assert.is(topicSequence, expected)
    const seen = await hedera.ledger.lookup(built.transactionId, built.validUntil)
    assert.is(seen.status === 'settled' && seen.topicSequence, expected)
  }
  const messages = await hedera.ledger.topicMessages(topicId, { after: 1 })
  assert.equal(
    messages.map(({ sequence, message, payer }) => [sequence, message.toString(), payer]),
    [
      [2, 'event 2', '0.0.2'],
      [3, 'event 3', '0.0.2'],
    ],
  )
  assert.equal(await hedera.ledger.topicMessages('0.0.999999'), [])
})

test('a payment that the account does not hold fails by its receipt, and costs it nothing', async world => {
  const { hedera, accountId, pay, sign } = world
  const before = await hedera.ledger.balance(accountId)
  const built = await pay(2_000_000n)
  assert.equal(await hedera.ledger.submit(sign(built)), { status: 'accepted' })
  const failed = { status: 'failed', reason: 'INSUFFICIENT_ACCOUNT_BALANCE' }
  assert.equal(await hedera.ledger.receipt(built.transactionId, 2000), failed)
  assert.equal(await hedera.ledger.lookup(built.transactionId, built.validUntil), failed)
  assert.is(await hedera.ledger.balance(accountId), before)
})

test('a refusal of the node is reported with its reason', async ({ hedera, pay, sign }) => {
  const unsigned = await pay(1n)
  assert.equal(await hedera.ledger.submit(unsigned.bytes), { status: 'refused', reason: 'INVALID_SIGNATURE' })
  const late = await pay(1n)
  hedera.clock.pass(180_000)
  assert.equal(await hedera.ledger.submit(sign(late)), { status: 'refused', reason: 'TRANSACTION_EXPIRED' })
})

test('the same bytes again are a duplicate', async ({ hedera, pay, sign }) => {
  const bytes = sign(await pay(1n))
  assert.equal(await hedera.ledger.submit(bytes), { status: 'accepted' })
  assert.equal(await hedera.ledger.submit(bytes), { status: 'duplicate' })
})

test('a lost answer is unknown, whether or not the work was done; the receipt tells', async ({ hedera, pay, sign }) => {
  const done = await pay(1n)
  hedera.faults.answersToLose = 1
  assert.is((await hedera.ledger.submit(sign(done))).status, 'unknown')
  assert.is((await hedera.ledger.receipt(done.transactionId)).status, 'settled')
  const notDone = await pay(1n)
  hedera.faults.submissionsToRefuse = 1
  assert.is((await hedera.ledger.submit(sign(notDone))).status, 'unknown')
  assert.is((await hedera.ledger.receipt(notDone.transactionId)).status, 'unknown')
  assert.equal(await hedera.ledger.submit(sign(notDone)), { status: 'accepted' })
})

test('the mirror says of a missing transaction whether it can still come', async ({ hedera, pay }) => {
  const { transactionId, validUntil } = await pay(1n)
  const ask = () => hedera.ledger.lookup(transactionId, validUntil)
  assert.equal(await ask(), { status: 'not_found', isPast: false })
  hedera.clock.pass(150_000)
  assert.equal(await ask(), { status: 'not_found', isPast: false }, 'mirrors differ by some seconds')
  hedera.clock.pass(40_000)
  assert.equal(await ask(), { status: 'not_found', isPast: true })
  hedera.faults.mirrorLagMs = 100_000
  assert.equal(await ask(), { status: 'not_found', isPast: false })
  hedera.faults.mirrorLagMs = 0
})

test('one ledger closed leaves another one working', async ({ hedera, pay, sign }) => {
  const other = await hedera.connect()
  assert.equal(await other.submit(sign(await pay(1n))), { status: 'accepted' })
  await other.close()
  assert.equal(await hedera.ledger.submit(sign(await pay(1n))), { status: 'accepted' })
})

test('without a network every call ends in time and says so; when it is back, all works again', async world => {
  const { hedera, accountId, pay, sign } = world
  await hedera.stop()
  const built = await pay(1n)
  const started = Date.now()
  assert.is((await hedera.ledger.submit(sign(built))).status, 'unknown')
  assert.is((await hedera.ledger.receipt(built.transactionId)).status, 'unknown')
  assert.is((await hedera.ledger.lookup(built.transactionId, built.validUntil)).status, 'unknown')
  assert.ok(await isUnavailable(hedera.ledger.balance(accountId)))
  assert.ok(await isUnavailable(hedera.ledger.topicMessages('0.0.1')))
  assert.ok(Date.now() - started < 20_000)
  await hedera.start()
  const deadline = Date.now() + 10_000
  let status = ''
  while (status !== 'accepted' && status !== 'duplicate' && Date.now() < deadline) {
    status = (await hedera.ledger.submit(sign(built))).status
  }
  assert.is((await hedera.ledger.receipt(built.transactionId, 2000)).status, 'settled')
})

test('a payment is settled well within a second', async ({ hedera, pay, sign }) => {
  const times: number[] = []
  for (let count = 0; count < 15; count++) {
    const built = await pay(1n)
    const started = performance.now()
    await hedera.ledger.submit(sign(built))
    assert.is((await hedera.ledger.receipt(built.transactionId, 3000)).status, 'settled')
    times.push(performance.now() - started)
  }
  const median = times.sort((a, b) => a - b)[7]!
  assert.ok(median < 300, `${median} ms`)
})

test('an account that is not there, and bytes that are no transaction, are errors', async ({ hedera }) => {
  const missing = await hedera.ledger.balance('0.0.999999').catch((error: unknown) => error)
  assert.ok(isAppError(missing, 'not_found'))
  const nonsense = await hedera.ledger.submit(Buffer.from('nonsense')).catch((error: unknown) => error)
  assert.instance(nonsense, Error)
})

test("the SDK's odd address, and a public mirror without https, are refused when connecting", async ({ hedera }) => {
  const { random, clock, mirrorUrl, operatorId } = hedera
  const settings = { network: 'local', nodes: { '127.0.0.1:50212': '0.0.3' }, mirrorUrl, operatorId } as const
  const refusal = (wrong: object) =>
    connectLedger({ ...settings, random, clock: clock.now, ...wrong }).then(
      () => 'was not refused',
      (error: Error) => error.message,
    )
  assert.match(await refusal({ nodes: { '127.0.0.1:50211': '0.0.3' } }), '127.0.0.1:50211')
  assert.match(await refusal({ network: 'testnet' }), 'https')
  assert.is(await refusal({}), 'was not refused')
})

async function isUnavailable(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => false,
    (error: unknown) => isAppError(error, 'ledger_unavailable'),
  )
}

test.run()
