/** What may leave a treasury: a payment that was signed here, back to who paid it, once. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { UnsignedTransaction } from '../../../ledger/build.ts'
import { type Answer, makeCws, serviceAccounts } from '../../make/cws.ts'
import { cap, makeSigning } from '../../make/signing.ts'

const signing = await makeSigning()
const { hedera, ledger, cws, bff, printTokenId, newAccount } = signing
const operator = await cws.idToken(serviceAccounts.operator)

const test = suite('signing refunds')
test.after(signing.close)

interface Paid {
  wallet: string
  treasury: string
  payment: UnsignedTransaction
}

type Currency = 'hbar' | 'print'

function transfer(currency: Currency, from: string, to: string, units: bigint): Promise<UnsignedTransaction> {
  const token = currency === 'print' ? { id: printTokenId, decimals: 2 } : undefined
  const transfers = [
    { account: from, units: -units },
    { account: to, units },
  ]
  return ledger.buildTransfer({ transfers, token, memo: 'test' })
}

/** A payment of `units` that a wallet has signed; sent unless said otherwise. */
async function pay(units: bigint, { currency = 'hbar' as Currency, isSent = true } = {}): Promise<Paid> {
  const wallet = await newAccount('wallet')
  const treasury = await newAccount('treasury')
  await hedera.settle(await transfer(currency, '0.0.2', wallet, units))
  const payment = await transfer(currency, wallet, treasury, units)
  const body = { transaction: payment.bytes.toString('base64'), account_id: wallet }
  const { signed_transaction } = await cws.succeed('sign-transaction', body, bff)
  if (isSent) await settle(payment, String(signed_transaction))
  return { wallet, treasury, payment }
}

async function settle(built: UnsignedTransaction, signed: string): Promise<void> {
  await ledger.submit(Buffer.from(signed, 'base64'))
  assert.is((await ledger.receipt(built.transactionId, 2000)).status, 'settled')
}

function refund(built: UnsignedTransaction, { payment }: Paid, token = operator): Promise<Answer> {
  const body = { transaction: built.bytes.toString('base64'), payment_transaction_id: payment.transactionId }
  return cws.call('sign-refund', body, token)
}

const giveBack = ({ wallet, treasury }: Paid, units: bigint, currency: Currency = 'hbar') =>
  transfer(currency, treasury, wallet, units)

async function codeOf(answer: Promise<Answer>): Promise<unknown> {
  const { status, body } = await answer
  return status === 200 ? 'signed' : `${body.code}: ${body.detail}`
}

for (const currency of ['hbar', 'print'] as const) {
  test(`a payment in ${currency} goes back from the treasury to the wallet`, async () => {
    const paid = await pay(100n, { currency })
    const built = await giveBack(paid, 100n, currency)
    const { status, body } = await refund(built, paid)
    assert.is(status, 200, JSON.stringify(body))
    await settle(built, String(body.signed_transaction))
    const held = (account: string) =>
      currency === 'hbar' ? ledger.balance(account) : ledger.tokenBalance(account, printTokenId)
    assert.is(await held(paid.wallet), 100n)
    assert.is(await held(paid.treasury), 0n)
  })
}

test('nobody but the operator may ask, the bff neither', async () => {
  const paid = await pay(100n)
  const built = await giveBack(paid, 100n)
  for (const name of ['bff', 'slicer', 'stranger'] as const) {
    const answer = await refund(built, paid, await cws.idToken(serviceAccounts[name]))
    assert.is(answer.body.code, 'forbidden', name)
  }
  const asPayment = { transaction: built.bytes.toString('base64'), account_id: paid.treasury }
  assert.is((await cws.call('sign-transaction', asPayment, operator)).body.code, 'forbidden')
  assert.is((await cws.call('sign-transaction', asPayment, bff)).body.code, 'transaction_refused')
})

test('where no operator is configured nothing is refunded', async () => {
  const { operatorKey, clock } = hedera
  const plain = await makeCws({ ledger, operatorKey, clock, settings: { operatorServiceAccount: undefined } })
  const paid = await pay(1n)
  const built = await giveBack(paid, 1n)
  const body = { transaction: built.bytes.toString('base64'), payment_transaction_id: paid.payment.transactionId }
  const answer = await plain.call('sign-refund', body, await plain.idToken(serviceAccounts.operator))
  assert.is(answer.body.code, 'forbidden')
  await plain.close()
})

test('a payment is refunded once', async () => {
  const paid = await pay(100n)
  const first = await giveBack(paid, 60n)
  const signed = await refund(first, paid)
  assert.is(signed.status, 200)
  assert.equal(await refund(first, paid), signed, 'the same refund again is signed in the same way')
  const second = await giveBack(paid, 40n)
  assert.match(String(await codeOf(refund(second, paid))), /an earlier refund may still settle/)
  await settle(first, String(signed.body.signed_transaction))
  assert.match(String(await codeOf(refund(second, paid))), /already refunded/)
  hedera.clock.pass(10 * 60_000)
  const third = await giveBack(paid, 40n)
  assert.match(String(await codeOf(refund(third, paid))), /already refunded/)
})

test('of twenty refunds at once one is signed', async () => {
  const paid = await pay(100n)
  const all = await Promise.all(Array.from({ length: 20 }, () => giveBack(paid, 100n)))
  const codes = await Promise.all(all.map(built => codeOf(refund(built, paid))))
  assert.is(codes.filter(code => code === 'signed').length, 1)
})

test('another is signed when the first has certainly not happened, and not before', async () => {
  const paid = await pay(100n)
  assert.is(await codeOf(refund(await giveBack(paid, 100n), paid)), 'signed')
  hedera.clock.pass(175_000)
  hedera.faults.mirrorLagMs = 60_000
  hedera.clock.pass(40_000)
  assert.match(String(await codeOf(refund(await giveBack(paid, 100n), paid))), /may still settle/)
  hedera.faults.mirrorLagMs = 0
  assert.is(await codeOf(refund(await giveBack(paid, 100n), paid)), 'signed')
})

test('and when the first has failed on the ledger', async () => {
  const paid = await pay(100n, { currency: 'print' })
  const freeze = (isFrozen: boolean) => hedera.freeze(paid.treasury, printTokenId, isFrozen)
  await freeze(true)
  const frozen = await giveBack(paid, 100n, 'print')
  const { body } = await refund(frozen, paid)
  await ledger.submit(Buffer.from(String(body.signed_transaction), 'base64'))
  assert.equal(await ledger.receipt(frozen.transactionId, 2000), {
    status: 'failed',
    reason: 'ACCOUNT_FROZEN_FOR_TOKEN',
  })
  await freeze(false)
  assert.is(await codeOf(refund(await giveBack(paid, 100n, 'print'), paid)), 'signed')
})

test('only a payment of ours that has settled goes back', async () => {
  const unsent = await pay(100n, { isSent: false })
  assert.match(String(await codeOf(refund(await giveBack(unsent, 100n), unsent))), /not settled/)
  hedera.clock.pass(10 * 60_000)
  assert.match(String(await codeOf(refund(await giveBack(unsent, 100n), unsent))), /not settled/)
  const foreign = await pay(100n)
  const unknown = { ...foreign, payment: { ...foreign.payment, transactionId: '0.0.2@1700000000.000000001' } }
  assert.match(
    String(await codeOf(refund(await giveBack(foreign, 100n), unknown))),
    /is not a payment that was signed here/,
  )
})

test('a refund is at most the payment, in its currency, from its payee to its payer', async () => {
  const paid = await pay(100n)
  const other = await pay(100n)
  const wrong: Record<string, UnsignedTransaction> = {
    'more than was paid': await giveBack(paid, 101n),
    'to another wallet': await transfer('hbar', paid.treasury, other.wallet, 100n),
    'to the operator': await transfer('hbar', paid.treasury, '0.0.2', 100n),
    'from another treasury': await transfer('hbar', other.treasury, paid.wallet, 100n),
    'from a wallet': await transfer('hbar', other.wallet, paid.wallet, 100n),
    'in PRINT': await giveBack(paid, 100n, 'print'),
    'a message': await ledger.buildTopicMessage({ topicId: '0.0.1001', message: 'x' }),
  }
  for (const [what, built] of Object.entries(wrong)) {
    assert.match(String(await codeOf(refund(built, paid))), /^transaction_refused/, what)
  }
  const refundOfRefund = await giveBack(paid, 100n)
  const signed = await refund(refundOfRefund, paid)
  await settle(refundOfRefund, String(signed.body.signed_transaction))
  const again = { ...paid, payment: refundOfRefund }
  const back = await transfer('hbar', paid.wallet, paid.treasury, 100n)
  assert.match(String(await codeOf(refund(back, again))), /is not a payment that was signed here/)
})

test('a treasury gives back at most its cap in a day', async () => {
  const wallet = await newAccount('wallet')
  const treasury = await newAccount('treasury')
  const payments: Paid[] = []
  for (let day = 0; day < 2; day++) {
    await hedera.settle(await transfer('hbar', '0.0.2', wallet, cap))
    const payment = await transfer('hbar', wallet, treasury, cap)
    const body = { transaction: payment.bytes.toString('base64'), account_id: wallet }
    await settle(payment, String((await cws.succeed('sign-transaction', body, bff)).signed_transaction))
    payments.push({ wallet, treasury, payment })
    hedera.clock.pass(24 * 3600_000)
  }
  const [first, second] = payments as [Paid, Paid]
  assert.is(await codeOf(refund(await giveBack(first, cap), first)), 'signed')
  assert.match(String(await codeOf(refund(await giveBack(second, 1n), second))), /^daily_cap_exceeded/)
})

test('while the ledger cannot be asked nothing is signed', async () => {
  const paid = await pay(100n)
  const built = await giveBack(paid, 100n)
  await hedera.stop()
  assert.match(String(await codeOf(refund(built, paid))), /^ledger_unavailable/)
  await hedera.start()
})

test.run()
