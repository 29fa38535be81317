/** What a network can answer, and what becomes of the payment. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Context } from '../../../../bff/context.ts'
import { drain } from '../../../../bff/services/outbox/drain.ts'
import { chargeFee } from '../../../../bff/services/preparation/charge-fee.ts'
import { connectLedger } from '../../../../ledger/connect.ts'
import { addSignatures } from '../../../../ledger/sign.ts'
import { hbar } from '../../../make/money.ts'
import { codeOf, makePayments, prices } from '../../../make/payments.ts'
import { reconcileLedger } from '../../../make/reconcile.ts'

const test = suite('payments under fire')
const market = await makePayments({ settings: { purchaseWaitSeconds: 1 } })
const { clock, ctx, hedera, newBuyer, newSlice } = market
test.after(market.close)

test('a busy node is asked again, and the purchase is paid once', async () => {
  const { buy, balance, states } = await newBuyer('hbar', 2n * prices.hbar)
  hedera.faults.busyAnswers = 1000
  assert.is((await buy()).status, 'pending')
  hedera.faults.busyAnswers = 0
  clock.pass(6_000)
  await reconcileLedger(ctx)
  assert.equal(await states(), [['active', null]])
  assert.is(await balance(), prices.hbar)
})

test('a signature that the payer of the fee did not make is refused: failed when its time is over, nothing moved', async () => {
  const { buy, balance, states } = await newBuyer('hbar')
  const unsigned: Context['cws'] = { ...ctx.cws, sign: async bytes => addSignatures(bytes, [Buffer.alloc(32, 7)]) }
  assert.is((await buy({ ...ctx, cws: unsigned })).status, 'pending')
  clock.pass(240_000)
  await reconcileLedger(ctx)
  assert.equal(await states(), [['failed', 'payment_failed']])
  assert.is(await balance(), prices.hbar)
})

test("a signature that the wallet did not make fails at consensus, at once: the operator's alone moves nothing", async () => {
  const { buy, balance, states } = await newBuyer('hbar')
  const byOperator: Context['cws'] = { ...ctx.cws, sign: async bytes => addSignatures(bytes, [hedera.operatorKey]) }
  assert.is(await codeOf(buy({ ...ctx, cws: byOperator })), 'payment_failed')
  assert.equal(await states(), [['failed', 'payment_failed']])
  assert.is(await balance(), prices.hbar)
})

test('an operator who cannot pay the network is an alarm and has a code of its own, and payments go on when it can', async () => {
  const { userId, buy, balance, states } = await newBuyer('hbar', 3n * prices.hbar)
  const late = await newBuyer('hbar')
  const slice = await newSlice(userId, 'hbar')
  const alarms: object[] = []
  const log = { ...ctx.log, error: (about: object, words: string) => void alarms.push({ ...about, words }) }
  const watched = { ...ctx, log } as Context
  const refill = await emptyOperator()

  assert.is(await codeOf(buy(watched)), 'operator_account_empty')
  assert.equal(await states(), [['active', null]], 'nothing was begun')
  assert.is(await codeOf(chargeFee(watched, slice.preparationId)), 'operator_account_empty')
  assert.equal([(await slice.state()).status, (await slice.state()).step], ['in_progress', 'payment'])
  assert.ok(alarms.length >= 2)
  assert.match(JSON.stringify(alarms[0]), new RegExp(`${hedera.operatorId}.*add HBAR to it`))

  // The mirror is behind: it shows what the operator had a moment ago.
  const lagging = (as: Context): Context => ({ ...as, ledger: { ...as.ledger, balance: async () => 1000n * hbar } })
  alarms.length = 0
  assert.is((await late.buy(lagging(watched))).status, 'pending')
  assert.ok(alarms.length > 0)
  await chargeFee({ ...lagging(watched), settings: { ...ctx.settings, timeScale: 1000 } }, slice.preparationId)
  clock.pass(240_000)
  await reconcileLedger(ctx)
  assert.equal(await late.states(), [['failed', 'operator_account_empty']])
  assert.is(await late.balance(), prices.hbar)
  assert.is((await slice.state()).status, 'in_progress', 'its owner is not to blame')
  assert.is((await buy(lagging(ctx))).status, 'pending')

  await refill()
  clock.pass(6_000)
  await reconcileLedger(ctx)
  assert.equal(await states(), [
    ['active', null],
    ['active', null],
  ])
  await drain({ ...ctx, bucket: { ...ctx.bucket, remove: async () => {} } })
  assert.is((await slice.state()).status, 'completed')
  assert.is(await balance(), 2n * prices.hbar - ctx.settings.slicingFees.hbar!)
})

/** Leaves the operator less than a transaction costs; what it returns gives half of it back. */
async function emptyOperator(): Promise<() => Promise<void>> {
  const bank = await hedera.newAccount(hbar)
  const all = await hedera.ledger.balance(hedera.operatorId)
  const fee = 100_000n
  const rounding = 1_000n // the mirror's, beyond 2^53
  const move = (from: string, to: string, units: bigint) => [
    { account: from, units: -units },
    { account: to, units },
  ]
  const emptying = move(hedera.operatorId, bank.accountId, all - fee - rounding)
  await hedera.settle(await hedera.ledger.buildTransfer({ transfers: emptying, memo: '' }))
  assert.ok((await hedera.ledger.balance(hedera.operatorId)) < fee)
  return async () => {
    const { nodes, mirrorUrl, random } = hedera
    const options = { network: 'local', nodes, mirrorUrl, random, clock: clock.now, timeoutMs: 5000 } as const
    const byBank = await connectLedger({ ...options, operatorId: bank.accountId })
    const back = await byBank.buildTransfer({ transfers: move(bank.accountId, hedera.operatorId, all / 2n), memo: '' })
    await byBank.submit(addSignatures(back.bytes, [bank.key]))
    assert.is((await byBank.receipt(back.transactionId, 5000)).status, 'settled')
    await byBank.close()
  }
}

test.run()
