/** One of two nodes fails, or our clock is wrong: payments go on by the other node, each once. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { UnsignedTransaction } from '../../ledger/build.ts'
import type { Ledger } from '../../ledger/connect.ts'
import type { Resolution } from '../../ledger/outcome.ts'
import { resolveTransaction } from '../../ledger/resolve.ts'
import { addSignatures } from '../../ledger/sign.ts'
import type { NodeTrouble } from '../../local/hedera/faults.ts'
import { makeHedera, type TestHedera } from '../make/hedera.ts'

interface World {
  hedera: TestHedera
  pay: (ledger?: Ledger) => Promise<UnsignedTransaction>
  resolve: (built: UnsignedTransaction, ledger?: Ledger, now?: Date) => Promise<Resolution>
  spent: () => Promise<bigint>
}

const funds = 1_000_000n
const test = suite<World>('ledger: two nodes')

test.before.each(async world => {
  const hedera = await makeHedera({ nodeCount: 2 })
  const { accountId, key } = await hedera.newAccount(funds)
  world.hedera = hedera
  world.pay = async (ledger = hedera.ledger) => {
    const transfers = [
      { account: accountId, units: -10n },
      { account: '0.0.98', units: 10n },
    ]
    const built = await ledger.buildTransfer({ transfers, memo: '' })
    return { ...built, bytes: addSignatures(built.bytes, [hedera.operatorKey, key]) }
  }
  world.resolve = (built, ledger = hedera.ledger, now = hedera.clock.now()) =>
    resolveTransaction(ledger, { ...built, now, waitMs: 2000, isUnsent: true })
  world.spent = async () => funds - (await hedera.ledger.balance(accountId))
})
test.after.each(({ hedera }) => hedera.close())

for (const trouble of ['away', 'foreign', 'silent'] satisfies NodeTrouble[]) {
  for (const node of ['0.0.3', '0.0.4']) {
    test(`${node} is ${trouble}: every payment is settled at once, by the other node`, async world => {
      const { hedera, pay, resolve, spent } = world
      hedera.faults.nodes = { [node]: trouble }
      const started = performance.now()
      for (let count = 0; count < 6; count++) assert.is((await resolve(await pay())).status, 'settled')
      assert.is(await spent(), 60n)
      assert.ok(performance.now() - started < 15_000)
    })
  }
}

test('a node that was avoided is used again when the other one fails', async ({ hedera, pay, resolve, spent }) => {
  hedera.faults.nodes = { '0.0.3': 'away' }
  for (let count = 0; count < 4; count++) await resolve(await pay())
  hedera.faults.nodes = { '0.0.4': 'away' }
  assert.is((await resolve(await pay())).status, 'settled')
  assert.is(await spent(), 50n)
})

test('an answer that is lost on the way is asked of the other node, and paid once', async ({
  hedera,
  pay,
  resolve,
  spent,
}) => {
  const built = await pay()
  hedera.faults.answersToLose = 1
  assert.is((await resolve(built)).status, 'settled')
  hedera.faults.answersToLose = 2
  assert.is((await resolve(await pay())).status, 'pending')
  assert.is(await spent(), 20n)
})

test('a busy node does not keep a payment from the other', async ({ hedera, pay, resolve }) => {
  hedera.faults.busyAnswers = 1
  assert.is((await resolve(await pay())).status, 'settled')
})

test('both nodes away: pending, and paid once when one is back', async ({ hedera, pay, resolve, spent }) => {
  const built = await pay()
  hedera.faults.nodes = { '0.0.3': 'away', '0.0.4': 'away' }
  assert.is((await resolve(built)).status, 'pending')
  hedera.faults.nodes = { '0.0.3': 'away' }
  assert.is((await resolve(built)).status, 'settled')
  assert.is(await spent(), 10n)
})

test('a receipt that says FAIL_INVALID is no failure: the mirror says what happened', async world => {
  const { hedera, pay, resolve, spent } = world
  hedera.faults.receiptsInDoubt = 1
  assert.is((await resolve(await pay())).status, 'settled')
  const built = await pay()
  hedera.faults.receiptsInDoubt = 1000
  hedera.faults.mirrorLagMs = 60_000
  assert.is((await resolve(built)).status, 'pending', 'the mirror cannot know yet')
  hedera.faults.mirrorLagMs = 0
  assert.is((await resolve(built)).status, 'settled')
  assert.is(await spent(), 20n)
})

test('a clock that is 30 seconds ahead goes unnoticed', async ({ hedera, pay, resolve, spent }) => {
  const ahead = () => new Date(hedera.clock.now().getTime() + 30_000)
  const ledger = await hedera.connect(ahead)
  for (let count = 0; count < 3; count++) {
    assert.is((await resolve(await pay(ledger), ledger, ahead())).status, 'settled')
  }
  await ledger.close()
  assert.is(await spent(), 30n)
})

test('one that is 90 seconds ahead delays a payment until its time has come', async world => {
  const { hedera, pay, resolve, spent } = world
  const ahead = () => new Date(hedera.clock.now().getTime() + 90_000)
  const ledger = await hedera.connect(ahead)
  const built = await pay(ledger)
  assert.equal(await resolve(built, ledger, ahead()), { status: 'pending', reason: 'INVALID_TRANSACTION_START' })
  hedera.clock.pass(51_000)
  assert.is((await resolve(built, ledger, ahead())).status, 'settled')
  await ledger.close()
  assert.is(await spent(), 10n)
})

test('a clock that is 90 seconds behind goes unnoticed', async ({ hedera, pay, resolve }) => {
  const behind = () => new Date(hedera.clock.now().getTime() - 90_000)
  const ledger = await hedera.connect(behind)
  assert.is((await resolve(await pay(ledger), ledger, behind())).status, 'settled')
  await ledger.close()
})

test.run()
