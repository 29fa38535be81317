import { proto } from '@hashgraph/proto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { addPayee } from '../../../cws/payees/add-payee.ts'
import type { UnsignedTransaction } from '../../../ledger/build.ts'
import { connectLedger, type Ledger } from '../../../ledger/connect.ts'
import { type Answer, makeCws, serviceAccounts, type TestCws } from '../../make/cws.ts'
import { makeHedera, type TestHedera } from '../../make/hedera.ts'

const cap = 1000n
const printCap = 500n
let hedera: TestHedera
let ledger: Ledger
let cws: TestCws
let bff: string
let topicId: string
let printTokenId: string
let treasury: string
let users = 0

const test = suite('signing transactions')
test.before(async () => {
  hedera = await makeHedera()
  ledger = hedera.ledger
  topicId = await hedera.newTopic()
  printTokenId = await hedera.newToken()
  const { operatorKey, clock } = hedera
  cws = await makeCws({
    ledger,
    operatorKey,
    clock,
    settings: { topicId, printTokenId, dailyCaps: { hbar: cap, print: printCap } },
  })
  bff = await cws.idToken(serviceAccounts.bff)
  treasury = await newAccount('treasury')
})
test.after(async () => {
  await cws.close()
  await hedera.close()
})

async function newAccount(purpose: 'wallet' | 'treasury'): Promise<string> {
  users += 1
  const { account_id } = await cws.succeed('create-wallet', { user_id: `user_${users}`, purpose }, bff)
  return String(account_id)
}

const newWallet = () => newAccount('wallet')

function transfer(...transfers: [account: string, units: bigint][]): Promise<UnsignedTransaction> {
  return ledger.buildTransfer({ transfers: transfers.map(([account, units]) => ({ account, units })), memo: 'test' })
}

function printTransfer(...transfers: [account: string, units: bigint][]): Promise<UnsignedTransaction> {
  const token = { id: printTokenId, decimals: 2 }
  return ledger.buildTransfer({
    token,
    transfers: transfers.map(([account, units]) => ({ account, units })),
    memo: 'test',
  })
}

const payment = (wallet: string, units: bigint, payee = treasury) => transfer([wallet, -units], [payee, units])

function sign(bytes: Buffer, account?: string): Promise<Answer> {
  return cws.call('sign-transaction', { transaction: bytes.toString('base64'), account_id: account }, bff)
}

async function codeOf(answer: Promise<Answer>): Promise<unknown> {
  const { status, body } = await answer
  return status === 200 ? 'signed' : body.code
}

const signedBytes = ({ body }: Answer) => Buffer.from(String(body.signed_transaction), 'base64')

/** Sends what the CWS signed, and tells what became of it. */
async function send(built: UnsignedTransaction, answer: Answer): Promise<string> {
  assert.is(answer.status, 200, JSON.stringify(answer.body))
  await ledger.submit(signedBytes(answer))
  return (await ledger.receipt(built.transactionId, 2000)).status
}

/** The same transaction with its body changed by hand, as somebody who took over the bff could. */
function edit(bytes: Buffer, change: (body: proto.TransactionBody) => void): Buffer {
  const { transactionList } = proto.TransactionList.decode(bytes)
  const signed = proto.SignedTransaction.decode(transactionList[0]!.signedTransactionBytes!)
  const body = proto.TransactionBody.decode(signed.bodyBytes)
  change(body)
  return listOf(Buffer.from(proto.TransactionBody.encode(body).finish()))
}

function listOf(...bodies: Buffer[]): Buffer {
  const transactionList = bodies.map(bodyBytes => ({
    signedTransactionBytes: proto.SignedTransaction.encode({ bodyBytes, sigMap: {} }).finish(),
  }))
  return Buffer.from(proto.TransactionList.encode({ transactionList }).finish())
}

function bodyOf(bytes: Buffer): Buffer {
  const { transactionList } = proto.TransactionList.decode(bytes)
  return Buffer.from(proto.SignedTransaction.decode(transactionList[0]!.signedTransactionBytes!).bodyBytes)
}

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

test('each currency has a cap of its own', async () => {
  const wallet = await newWallet()
  const inPrint = (units: bigint) => printTransfer([wallet, -units], [treasury, units])
  assert.is(await codeOf(sign((await inPrint(printCap + 1n)).bytes, wallet)), 'daily_cap_exceeded')
  assert.is(await codeOf(sign((await inPrint(printCap)).bytes, wallet)), 'signed')
  assert.is(await codeOf(sign((await inPrint(1n)).bytes, wallet)), 'daily_cap_exceeded')
  assert.is(await codeOf(sign((await payment(wallet, cap)).bytes, wallet)), 'signed')
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

test('a transaction that somebody else pays for, or that is not of now, is refused', async () => {
  const wallet = await newWallet()
  const transfers = [
    { account: wallet, units: -1n },
    { account: treasury, units: 1n },
  ]
  const build = async (change: { operatorId?: string; shiftMs?: number }) => {
    const { operatorId = '0.0.2', shiftMs = 0 } = change
    const { random, mirrorUrl, grpcAddress } = hedera
    const clock = () => new Date(hedera.clock.now().getTime() + shiftMs)
    const nodes = { [grpcAddress]: '0.0.3' }
    const other = await connectLedger({ network: 'local', nodes, mirrorUrl, random, operatorId, clock, timeoutMs: 200 })
    const { bytes } = await other.buildTransfer({ transfers, memo: '' })
    await other.close()
    return bytes
  }
  assert.is(await codeOf(sign(await build({}), wallet)), 'signed')
  assert.is(await codeOf(sign(await build({ operatorId: wallet }), wallet)), 'transaction_refused')
  // Trouble with a clock says nothing against the payment: it can be built, and asked for, again.
  for (const shiftMs of [3_600_000, -3_600_000]) {
    assert.is(await codeOf(sign(await build({ shiftMs }), wallet)), 'unavailable', `${shiftMs} ms`)
  }
  const rows = await cws.sql`SELECT amount FROM signatures WHERE account_id = ${wallet}`
  assert.is(rows.length, 1)
})

test('a body that was changed by hand to say more than it seems is refused', async () => {
  const wallet = await newWallet()
  const { bytes } = await payment(wallet, 1n)
  const other = await payment(wallet, 2n)
  const unknownField = Buffer.from([0xfa, 0x7f, 0x01, 0x00])
  const changed: Record<string, Buffer> = {
    'spends an allowance': edit(bytes, body => {
      body.cryptoTransfer!.transfers!.accountAmounts![0]!.isApproval = true
    }),
    'moves tokens too': edit(bytes, body => {
      body.cryptoTransfer!.tokenTransfers = [{ token: { tokenNum: 5 as never }, transfers: [] }]
    }),
    'lets the network charge anything': edit(bytes, body => {
      body.transactionFee = 9_000_000_000 as never
    }),
    'is scheduled': edit(bytes, body => {
      body.transactionID!.scheduled = true
    }),
    'has a field that we do not know': listOf(Buffer.concat([bodyOf(bytes), unknownField])),
    'has a second body': listOf(bodyOf(bytes), bodyOf(other.bytes)),
  }
  assert.is(
    await codeOf(
      sign(
        edit(bytes, () => {}),
        wallet,
      ),
    ),
    'signed',
  )
  for (const [what, edited] of Object.entries(changed)) {
    assert.is(await codeOf(sign(edited, wallet)), 'transaction_refused', what)
  }
})

test('a wallet spends at most its cap in a day, and again the next day', async () => {
  const wallet = await newWallet()
  assert.is(await codeOf(sign((await payment(wallet, cap + 1n)).bytes, wallet)), 'daily_cap_exceeded')
  assert.is(await codeOf(sign((await payment(wallet, cap - 1n)).bytes, wallet)), 'signed')
  assert.is(await codeOf(sign((await payment(wallet, 2n)).bytes, wallet)), 'daily_cap_exceeded')
  assert.is(await codeOf(sign((await payment(wallet, 1n)).bytes, wallet)), 'signed')
  assert.is(await codeOf(sign((await payment(wallet, 1n)).bytes, wallet)), 'daily_cap_exceeded')
  const neighbour = await newWallet()
  assert.is(await codeOf(sign((await payment(neighbour, cap)).bytes, neighbour)), 'signed')
  hedera.clock.pass(24 * 3600_000)
  assert.is(await codeOf(sign((await payment(wallet, cap)).bytes, wallet)), 'signed')
})

test('the same transaction is signed again in the same way, and counts once', async () => {
  const wallet = await newWallet()
  const { bytes } = await payment(wallet, cap)
  const answers = await Promise.all(Array.from({ length: 10 }, () => sign(bytes, wallet)))
  assert.is(new Set(answers.map(answer => signedBytes(answer).toString('hex'))).size, 1)
  assert.is(await codeOf(sign(signedBytes(answers[0]!), wallet)), 'signed')
  const [counted] = await cws.sql`SELECT sum(amount) AS units FROM signatures WHERE account_id = ${wallet}`
  assert.is(Number(counted?.units), Number(cap))
})

test('another transaction under the id of one that was signed is refused', async () => {
  const wallet = await newWallet()
  const { bytes } = await payment(wallet, 1n)
  assert.is(await codeOf(sign(bytes, wallet)), 'signed')
  const twin = edit(bytes, body => {
    body.memo = 'another'
  })
  assert.is(await codeOf(sign(twin, wallet)), 'transaction_refused')
})

test('of many payments at once exactly those that fit under the cap are signed', async () => {
  const wallet = await newWallet()
  const payments = await Promise.all(Array.from({ length: 20 }, () => payment(wallet, cap / 4n)))
  const codes = await Promise.all(payments.map(({ bytes }) => codeOf(sign(bytes, wallet))))
  assert.is(codes.filter(code => code === 'signed').length, 4)
  assert.is(codes.filter(code => code === 'daily_cap_exceeded').length, 16)
  const rows = await cws.sql`SELECT amount FROM signatures WHERE account_id = ${wallet}`
  assert.is(rows.length, 4)
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
