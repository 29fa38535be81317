import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { addPayee } from '../../../cws/payees/add-payee.ts'
import type { UnsignedTransaction } from '../../../ledger/build.ts'
import { makeCws, serviceAccounts } from '../../make/cws.ts'
import { cap, codeOf, makeSigning } from '../../make/signing.ts'

const test = suite('signing transactions')
const world = await makeSigning()
const {
  hedera,
  ledger,
  cws,
  topicId,
  printTokenId,
  treasury,
  newWallet,
  transfer,
  printTransfer,
  payment,
  sign,
  send,
} = world
test.after(world.close)

test('a payment from a wallet to a treasury settles on the ledger', async () => {
  const wallet = await newWallet()
  await hedera.settle(await transfer(['0.0.2', -500n], [wallet, 500n]))
  const built = await payment(wallet, 300n)
  assert.is(await send(built, await sign(built.bytes, wallet)), 'settled')
  assert.is(await ledger.balance(wallet), 200n)
  assert.is(await ledger.balance(treasury), 300n)
})

test('one payment may go to several payees', async () => {
  const wallet = await newWallet()
  await addPayee(cws.parts, { accountId: '0.0.98', kind: 'fee', addedBy: 'test' })
  await hedera.settle(await transfer(['0.0.2', -500n], [wallet, 500n]))
  const built = await transfer([wallet, -100n], [treasury, 90n], ['0.0.98', 10n])
  assert.is(await send(built, await sign(built.bytes, wallet)), 'settled')
})

test('a message to our topic settles on the ledger', async () => {
  const built = await ledger.buildTopicMessage({ topicId, message: '{"type":"test"}' })
  assert.is(await send(built, await sign(built.bytes)), 'settled')
})

test('only the bff gets a signature', async () => {
  const wallet = await newWallet()
  const { bytes } = await payment(wallet, 1n)
  const body = { transaction: bytes.toString('base64'), account_id: wallet }
  for (const name of ['slicer', 'stranger'] as const) {
    const answer = await cws.call('sign-transaction', body, await cws.idToken(serviceAccounts[name]))
    assert.is(answer.body.code, 'forbidden')
  }
})

test('money leaves only the wallet that is named, if it was made here', async () => {
  const wallet = await newWallet()
  const other = await newWallet()
  const foreign = (await hedera.newAccount(0n)).accountId
  const wrong: Record<string, [UnsignedTransaction, string | undefined]> = {
    'a foreign account': [await payment(foreign, 1n), foreign],
    'another wallet than the one named': [await payment(other, 1n), wallet],
    'nobody named': [await payment(wallet, 1n), undefined],
    'a treasury': [await payment(treasury, 1n, '0.0.98'), treasury],
    'two wallets': [await transfer([wallet, -1n], [other, -1n], [treasury, 2n]), wallet],
    'the operator beside the wallet': [await transfer([wallet, -1n], ['0.0.2', -1n], [treasury, 2n]), wallet],
    'the operator': [await payment('0.0.2', 1n), '0.0.2'],
    'more than is received': [await transfer([wallet, -2n], [treasury, 1n]), wallet],
    'nothing at all': [await transfer([wallet, -1n], [treasury, 1n], [other, 0n]), wallet],
  }
  for (const [what, [{ bytes }, account]] of Object.entries(wrong)) {
    assert.is(await codeOf(sign(bytes, account)), 'transaction_refused', what)
  }
})

test('money goes only to payees on the list', async () => {
  const wallet = await newWallet()
  const foreign = (await hedera.newAccount(0n)).accountId
  const other = await newWallet()
  for (const payee of [foreign, other, '0.0.2']) {
    assert.is(await codeOf(sign((await payment(wallet, 1n, payee)).bytes, wallet)), 'payee_not_allowed')
  }
  const mixed = await transfer([wallet, -3n], [treasury, 2n], [foreign, 1n])
  assert.is(await codeOf(sign(mixed.bytes, wallet)), 'payee_not_allowed')
  await addPayee(cws.parts, { accountId: foreign, kind: 'operator_added', addedBy: 'test' })
  assert.is(await codeOf(sign(mixed.bytes, wallet)), 'signed')
})

test('a payment in PRINT from a wallet to a treasury settles on the ledger', async () => {
  const wallet = await newWallet()
  await hedera.settle(await printTransfer(['0.0.2', -50n], [wallet, 50n]))
  const built = await printTransfer([wallet, -30n], [treasury, 30n])
  assert.is(await send(built, await sign(built.bytes, wallet)), 'settled')
  assert.is(await ledger.tokenBalance(wallet, printTokenId), 20n)
  assert.is(await ledger.tokenBalance(treasury, printTokenId), 30n)
})

test('PRINT leaves only the wallet that is named, to payees on the list, and no other token does', async () => {
  const wallet = await newWallet()
  const other = await newWallet()
  const otherToken = await hedera.newToken()
  const transfers = [
    { account: wallet, units: -1n },
    { account: treasury, units: 1n },
  ]
  const foreign = { id: otherToken, decimals: 2 }
  const wrong: Record<string, [UnsignedTransaction, string | undefined]> = {
    'another token': [await ledger.buildTransfer({ transfers, token: foreign, memo: '' }), wallet],
    'PRINT with other decimals': [
      await ledger.buildTransfer({ transfers, token: { id: printTokenId, decimals: 0 }, memo: '' }),
      wallet,
    ],
    'another wallet than the one named': [await printTransfer([other, -1n], [treasury, 1n]), wallet],
    'nobody named': [await printTransfer([wallet, -1n], [treasury, 1n]), undefined],
    'a treasury': [await printTransfer([treasury, -1n], ['0.0.98', 1n]), treasury],
    'two wallets': [await printTransfer([wallet, -1n], [other, -1n], [treasury, 2n]), wallet],
    'more than is received': [await printTransfer([wallet, -2n], [treasury, 1n]), wallet],
  }
  for (const [what, [{ bytes }, account]] of Object.entries(wrong)) {
    assert.is(await codeOf(sign(bytes, account)), 'transaction_refused', what)
  }
  const stranger = await printTransfer([wallet, -1n], [other, 1n])
  assert.is(await codeOf(sign(stranger.bytes, wallet)), 'payee_not_allowed')
})

test('where no token is configured nothing but HBAR is signed', async () => {
  const plain = await makeCws({ ledger, operatorKey: hedera.operatorKey, clock: hedera.clock, settings: { topicId } })
  const token = await plain.idToken(serviceAccounts.bff)
  const wallet = await plain.succeed('create-wallet', { user_id: 'user_plain', purpose: 'wallet' }, token)
  assert.is(wallet.token_id, null)
  const account = String(wallet.account_id)
  const { bytes } = await printTransfer([account, -1n], [treasury, 1n])
  const answer = await plain.call(
    'sign-transaction',
    { transaction: bytes.toString('base64'), account_id: account },
    token,
  )
  assert.is(answer.body.code, 'transaction_refused')
  await plain.close()
})

test('messages go only to our topic, and nothing but payments and messages is signed', async () => {
  const wallet = await newWallet()
  const other = await hedera.newTopic()
  const message = await ledger.buildTopicMessage({ topicId, message: 'x' })
  const refused: [Buffer, string?][] = [
    [(await ledger.buildTopicMessage({ topicId: other, message: 'x' })).bytes],
    [message.bytes, wallet],
    [(await ledger.buildAccountCreate({ publicKey: 'ab'.repeat(32), initialBalance: 0n })).bytes],
    [(await ledger.buildTopicCreate({ submitKey: 'ab'.repeat(32), memo: '' })).bytes],
    [Buffer.alloc(0)],
    [Buffer.from('no transaction')],
    [Buffer.alloc(9000, 1)],
  ]
  for (const [bytes, account] of refused) assert.is(await codeOf(sign(bytes, account)), 'transaction_refused')
})

test('each signature and each refusal is in the audit log under its transaction', async () => {
  const wallet = await newWallet()
  const good = await payment(wallet, 1n)
  const bad = await payment(wallet, cap)
  await sign(good.bytes, wallet)
  await sign(bad.bytes, wallet)
  const rows =
    await cws.sql`SELECT subject, outcome FROM audit_log WHERE subject IN ${cws.sql([good.transactionId, bad.transactionId])} ORDER BY id`
  assert.equal(
    rows.map(({ subject, outcome }) => [subject, outcome]),
    [
      [good.transactionId, 'ok'],
      [bad.transactionId, 'daily_cap_exceeded'],
    ],
  )
})

test('no key is in the logs or in the database after all this', async () => {
  const dump = await cws.sql`SELECT w::text AS row FROM wallets w UNION ALL SELECT a::text FROM audit_log a
    UNION ALL SELECT s::text FROM signatures s`
  const written = cws.logged() + dump.map(({ row }) => row).join('\n')
  for (const secret of [...cws.secrets(), hedera.operatorKey]) {
    for (const form of ['hex', 'base64', 'base64url', 'latin1'] as const) {
      assert.not.ok(written.includes(secret.toString(form)))
    }
  }
})

test.run()
