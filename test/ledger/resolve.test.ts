/** The result of a transaction is found after any faults, and no uncertain result is reported as final. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { UnsignedTransaction } from '../../ledger/build.ts'
import type { Resolution } from '../../ledger/outcome.ts'
import { resolveTransaction } from '../../ledger/resolve.ts'
import { addSignatures } from '../../ledger/sign.ts'
import { makeHedera, type TestHedera } from '../make/hedera.ts'

interface World {
  hedera: TestHedera
  accountId: string
  pay: (units?: bigint) => Promise<UnsignedTransaction>
  resolve: (built: UnsignedTransaction) => Promise<Resolution>
  /** How much of the account's money is gone. */
  spent: () => Promise<bigint>
}

const funds = 1_000_000n
const minuteMs = 60_000

const test = suite<World>('ledger: the end of a transaction')

test.before.each(async world => {
  const hedera = await makeHedera()
  const { accountId, key } = await hedera.newAccount(funds)
  const pay: World['pay'] = async (units = 10n) => {
    const transfers = [
      { account: accountId, units: -units },
      { account: '0.0.98', units },
    ]
    const built = await hedera.ledger.buildTransfer({ transfers, memo: '' })
    return { ...built, bytes: addSignatures(built.bytes, [hedera.operatorKey, key]) }
  }
  const resolve: World['resolve'] = built =>
    resolveTransaction(hedera.ledger, { ...built, now: hedera.clock.now(), waitMs: 2000 })
  const spent = async () => funds - (await hedera.ledger.balance(accountId))
  Object.assign(world, { hedera, accountId, pay, resolve, spent })
})

test.after.each(async ({ hedera }) => {
  await hedera.close()
})

test('stored and never sent: it is sent', async ({ pay, resolve, spent }) => {
  const result = await resolve(await pay())
  assert.is(result.status, 'settled')
  assert.match(result.status === 'settled' ? result.consensusTimestamp! : '', /^\d{10}\.\d{9}$/)
  assert.is(await spent(), 10n)
})

test('resolved any number of times, at once as well, it is done once', async ({ pay, resolve, spent }) => {
  const built = await pay()
  const results = await Promise.all(Array.from({ length: 10 }, () => resolve(built)))
  assert.ok(results.some(({ status }) => status === 'settled'))
  assert.ok(results.every(({ status }) => status === 'settled' || status === 'pending'))
  assert.is((await resolve(built)).status, 'settled')
  assert.is(await spent(), 10n)
})

test('the answer was lost after the work was done: settled, and done once', async ({ hedera, pay, resolve, spent }) => {
  const built = await pay()
  hedera.faults.answersToLose = 1
  await hedera.ledger.submit(built.bytes)
  assert.is((await resolve(built)).status, 'settled')
  assert.is(await spent(), 10n)
})

test('the node was away: pending, then sent again', async ({ hedera, pay, resolve, spent }) => {
  const built = await pay()
  hedera.faults.submissionsToRefuse = 1
  assert.is((await resolve(built)).status, 'pending')
  assert.is(await spent(), 0n)
  assert.is((await resolve(built)).status, 'settled')
  assert.is(await spent(), 10n)
})

test('the account does not hold enough: failed at once', async ({ pay, resolve, spent }) => {
  assert.equal(await resolve(await pay(funds + 1n)), { status: 'failed', reason: 'INSUFFICIENT_ACCOUNT_BALANCE' })
  assert.is(await spent(), 0n)
})

test('a sending that is refused says nothing about an earlier one: pending', async ({ hedera, pay, resolve }) => {
  const built = await pay()
  const { bytes } = await hedera.ledger.buildTopicMessage({ topicId: '0.0.1', message: 'lacks its signature' })
  assert.equal(await resolve({ ...built, bytes }), { status: 'pending', reason: 'INVALID_SIGNATURE' })
  assert.is((await resolve(built)).status, 'settled')
})

test('never sent, and its time is over: failed, but only when the mirror is past it', async ({
  hedera,
  pay,
  resolve,
}) => {
  const built = await pay()
  hedera.faults.mirrorLagMs = 2 * minuteMs
  hedera.clock.pass(4 * minuteMs)
  assert.is((await resolve(built)).status, 'pending')
  hedera.faults.mirrorLagMs = 0
  assert.equal(await resolve(built), { status: 'failed', reason: 'NOT_FOUND_AFTER_EXPIRY' })
})

test('done, but asked only when no node remembers: the mirror tells', async ({ hedera, pay, resolve, spent }) => {
  const built = await pay()
  hedera.faults.answersToLose = 1
  await hedera.ledger.submit(built.bytes)
  hedera.faults.mirrorLagMs = 10 * minuteMs
  hedera.clock.pass(5 * minuteMs)
  assert.is((await resolve(built)).status, 'pending', 'a mirror that lags knows nothing')
  hedera.faults.mirrorLagMs = 0
  const result = await resolve(built)
  assert.is(result.status, 'settled')
  assert.is(await spent(), 10n)
})

test('failed on the ledger, but asked only when no node remembers: failed, with the reason', async world => {
  const { hedera, pay, resolve } = world
  const built = await pay(funds + 1n)
  await hedera.ledger.submit(built.bytes)
  hedera.clock.pass(5 * minuteMs)
  assert.equal(await resolve(built), { status: 'failed', reason: 'INSUFFICIENT_ACCOUNT_BALANCE' })
})

test('the node restarts between sending and asking', async ({ hedera, pay, resolve, spent }) => {
  const built = await pay()
  hedera.faults.answersToLose = 1
  await hedera.ledger.submit(built.bytes)
  await hedera.stop()
  assert.is((await resolve(built)).status, 'pending')
  await hedera.start()
  let result = await resolve(built)
  for (let tries = 0; tries < 5 && result.status === 'pending'; tries++) result = await resolve(built)
  assert.is(result.status, 'settled')
  assert.is(await spent(), 10n)
})

test('settled before the mirror has it: settled, its consensus time comes later', async ({ hedera, pay, resolve }) => {
  const built = await pay()
  hedera.faults.mirrorLagMs = minuteMs
  assert.equal(await resolve(built), { status: 'settled' })
  hedera.faults.mirrorLagMs = 0
  const seen = await hedera.ledger.lookup(built.transactionId, built.validUntil)
  assert.ok(seen.status === 'settled' && seen.consensusTimestamp)
})

test("a message's number is known at its end", async ({ hedera, resolve }) => {
  const topicId = await hedera.newTopic()
  const built = await hedera.ledger.buildTopicMessage({ topicId, message: 'printed' })
  const result = await resolve({ ...built, bytes: addSignatures(built.bytes, [hedera.operatorKey]) })
  assert.is(result.status === 'settled' && result.topicSequence, 1)
})

test.run()
