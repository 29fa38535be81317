/** The Hedera double, spoken to by Hedera's own SDK and by nothing of ours. */
import {
  AccountBalanceQuery,
  type Client,
  FileCreateTransaction,
  Hbar,
  PrivateKey,
  Timestamp,
  Transaction,
  TransactionId,
  TransactionReceiptQuery,
  TransferTransaction,
} from '@hashgraph/sdk'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeHedera, type TestHedera } from '../../make/hedera.ts'
import { clientOf, newAccount, nothing, outcome, refusal, tinybar, tinybarOf } from '../../make/hedera-sdk.ts'

const fee = 100_000

const test = suite<{ hedera: TestHedera; client: Client }>('hedera: the node')

test.before(async context => {
  context.hedera = await makeHedera()
  context.client = clientOf(context.hedera, PrivateKey.fromBytesED25519(context.hedera.operatorKey))
})

test.after(async ({ hedera, client }) => {
  client.close()
  await hedera.close()
})

test('an account is made with its first money, and receives more', async ({ client }) => {
  const { accountId } = await newAccount(client, 100)
  const transfer = new TransferTransaction()
    .addHbarTransfer('0.0.2', new Hbar(-5))
    .addHbarTransfer(accountId, new Hbar(5))
  assert.is(await outcome(client, transfer), 'SUCCESS')
  assert.is(await tinybarOf(client, accountId), new Hbar(105).toTinybars().toNumber())
})

test('the payer is charged a small fee, for a transaction that fails as well', async ({ client }) => {
  const payer = await newAccount(client, 1)
  const own = clientOf(client, payer.key, payer.accountId)
  const before = await tinybarOf(client, payer.accountId)
  const tooMuch = new TransferTransaction()
    .addHbarTransfer(payer.accountId, new Hbar(-2))
    .addHbarTransfer('0.0.2', new Hbar(2))
  assert.is(await outcome(own, tooMuch), 'INSUFFICIENT_ACCOUNT_BALANCE')
  assert.is(await tinybarOf(client, payer.accountId), before - fee)
  own.close()
})

test('who cannot pay the fee is refused before consensus', async ({ client }) => {
  const poor = await newAccount(client, 0)
  const own = clientOf(client, poor.key, poor.accountId)
  const transfer = new TransferTransaction().addHbarTransfer(poor.accountId, 0).addHbarTransfer('0.0.2', 0)
  assert.is(await outcome(own, transfer), 'INSUFFICIENT_PAYER_BALANCE')
  own.close()
})

test("nobody's money moves without the owner's signature", async ({ client }) => {
  const { accountId, key } = await newAccount(client, 10)
  const theft = () =>
    new TransferTransaction().addHbarTransfer(accountId, new Hbar(-1)).addHbarTransfer('0.0.2', new Hbar(1))
  assert.is(await outcome(client, theft()), 'INVALID_SIGNATURE')
  const byAnother = await theft().freezeWith(client).sign(PrivateKey.generateED25519())
  assert.is(await outcome(client, byAnother), 'INVALID_SIGNATURE')
  assert.is(await tinybarOf(client, accountId), new Hbar(10).toTinybars().toNumber())
  assert.is(await outcome(client, await theft().freezeWith(client).sign(key)), 'SUCCESS')
})

test('what the payer did not sign is refused before consensus', async ({ hedera }) => {
  const forger = clientOf(hedera, PrivateKey.generateED25519())
  assert.is(await outcome(forger, nothing()), 'INVALID_SIGNATURE')
  forger.close()
})

test('an unknown payer, an unknown receiver and amounts that do not add up are refused', async ({ hedera, client }) => {
  const stranger = clientOf(hedera, PrivateKey.generateED25519(), '0.0.999999')
  assert.is(await outcome(stranger, nothing()), 'PAYER_ACCOUNT_NOT_FOUND')
  stranger.close()
  const toNobody = new TransferTransaction()
    .addHbarTransfer('0.0.2', tinybar(-1))
    .addHbarTransfer('0.0.999999', tinybar(1))
  assert.is(await outcome(client, toNobody), 'INVALID_ACCOUNT_ID')
  const fromNowhere = new TransferTransaction().addHbarTransfer('0.0.2', tinybar(1))
  assert.is(await outcome(client, fromNowhere), 'INVALID_ACCOUNT_AMOUNTS')
})

test('the same transaction twice is done once', async ({ client }) => {
  const { accountId } = await newAccount(client, 0)
  const transfer = new TransferTransaction()
    .addHbarTransfer('0.0.2', tinybar(-7))
    .addHbarTransfer(accountId, tinybar(7))
  const bytes = (await transfer.freezeWith(client).signWithOperator(client)).toBytes()
  assert.is(await outcome(client, Transaction.fromBytes(bytes)), 'SUCCESS')
  assert.is(await outcome(client, Transaction.fromBytes(bytes)), 'DUPLICATE_TRANSACTION')
  assert.is(await tinybarOf(client, accountId), 7)
})

test('a transaction is taken only within its time', async ({ hedera, client }) => {
  const startingIn = (seconds: number) => {
    const start = Timestamp.fromDate(new Date(hedera.clock.now().getTime() + seconds * 1000))
    return nothing().setTransactionId(TransactionId.withValidStart(client.operatorAccountId!, start))
  }
  assert.is(await outcome(client, startingIn(30)), 'INVALID_TRANSACTION_START')
  assert.is(await outcome(client, startingIn(-200)), 'TRANSACTION_EXPIRED')
  assert.is(await outcome(client, startingIn(-1).setTransactionValidDuration(200)), 'INVALID_TRANSACTION_DURATION')
  assert.is(await outcome(client, startingIn(-1)), 'SUCCESS')
})

test('a memo that is too long and a fee that is too low are refused', async ({ client }) => {
  assert.is(await outcome(client, nothing().setTransactionMemo('é'.repeat(51))), 'MEMO_TOO_LONG')
  assert.is(await outcome(client, nothing().setMaxTransactionFee(Hbar.fromTinybars(fee - 1))), 'INSUFFICIENT_TX_FEE')
})

test('a receipt is there for three minutes', async () => {
  // A network of its own: the SDK's clock does not follow when this one's is put forward.
  const hedera = await makeHedera()
  const client = clientOf(hedera, PrivateKey.fromBytesED25519(hedera.operatorKey))
  const sent = await nothing().execute(client)
  const ask = () => new TransactionReceiptQuery().setTransactionId(sent.transactionId).setMaxAttempts(1).execute(client)
  assert.is((await ask()).status.toString(), 'SUCCESS')
  hedera.clock.pass(181_000)
  assert.match(await refusal(ask()), 'RECEIPT_NOT_FOUND')
  client.close()
  await hedera.close()
})

test('what this node does not do, it says', async ({ client }) => {
  const file = new FileCreateTransaction().setContents('x')
  assert.match(await refusal(file.execute(client)), /UNIMPLEMENTED/)
  assert.match(
    await refusal(new AccountBalanceQuery().setAccountId('0.0.999999').execute(client)),
    'INVALID_ACCOUNT_ID',
  )
})

test('a hundred transfers at once are all done, and every tinybar is accounted for', async ({ client }) => {
  const { accountId } = await newAccount(client, 0)
  const results = await Promise.all(
    Array.from({ length: 100 }, () =>
      outcome(
        client,
        new TransferTransaction().addHbarTransfer('0.0.2', tinybar(-1)).addHbarTransfer(accountId, tinybar(1)),
      ),
    ),
  )
  assert.equal([...new Set(results)], ['SUCCESS'])
  assert.is(await tinybarOf(client, accountId), 100)
})

test('all is as it was after a restart, and what was done is not done again', async ({ hedera, client }) => {
  const { accountId, key } = await newAccount(client, 10)
  const transfer = new TransferTransaction()
    .addHbarTransfer(accountId, tinybar(-3))
    .addHbarTransfer('0.0.2', tinybar(3))
  const bytes = (await (await transfer.freezeWith(client).sign(key)).signWithOperator(client)).toBytes()
  assert.is(await outcome(client, Transaction.fromBytes(bytes)), 'SUCCESS')
  const balance = await tinybarOf(client, accountId)
  await hedera.restart()
  const again = clientOf(hedera, PrivateKey.fromBytesED25519(hedera.operatorKey))
  assert.is(await tinybarOf(again, accountId), balance)
  assert.is(await outcome(again, Transaction.fromBytes(bytes)), 'DUPLICATE_TRANSACTION')
  const { accountId: next } = await newAccount(again, 1)
  assert.is(Number(next.split('.')[2]), Number(accountId.split('.')[2]) + 1)
  again.close()
})

test.run()
