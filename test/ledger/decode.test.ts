import { createPublicKey, verify } from 'node:crypto'
import { proto } from '@hashgraph/proto'
import { PrivateKey, Transaction } from '@hashgraph/sdk'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Ledger } from '../../ledger/connect.ts'
import { type DecodedTransaction, decodeTransaction } from '../../ledger/decode.ts'
import { newPrivateKey, publicKeyOf } from '../../ledger/keys.ts'
import { addSignatures } from '../../ledger/sign.ts'
import { isAppError } from '../../schema/http/errors.ts'
import { connectNowhere, now, payment, random, signedPart } from '../make/transactions.ts'

const test = suite<{ ledger: Ledger; transfer: Buffer }>('ledger: reading and signing transactions')

test.before(async context => {
  context.ledger = await connectNowhere()
  context.transfer = (await context.ledger.buildTransfer({ transfers: payment, memo: 'purch_1' })).bytes
})

test.after(({ ledger }) => ledger.close())

test('a transfer is read as it was built', async ({ ledger }) => {
  const built = await ledger.buildTransfer({ transfers: payment, memo: 'purch_1' })
  const decoded = decodeTransaction(built.bytes) as Extract<DecodedTransaction, { kind: 'transfer' }>
  assert.is(decoded.kind, 'transfer')
  assert.is(decoded.transactionId, built.transactionId)
  assert.is(decoded.payer, '0.0.2')
  assert.is(decoded.memo, 'purch_1')
  assert.equal(decoded.validUntil, built.validUntil)
  const byAccount = (list: typeof payment) => [...list].sort((a, b) => (a.account < b.account ? -1 : 1))
  assert.equal(byAccount(decoded.transfers), byAccount(payment))
})

test('a transfer of a token is read as it was built', async ({ ledger }) => {
  const token = { id: '0.0.500', decimals: 2 }
  await fc.assert(
    fc.asyncProperty(fc.bigInt(1n, 2n ** 62n), async units => {
      const transfers = [
        { account: '0.0.5', units: -units },
        { account: '0.0.6', units },
      ]
      const { bytes } = await ledger.buildTransfer({ transfers, token, memo: '' })
      const decoded = decodeTransaction(bytes) as Extract<DecodedTransaction, { kind: 'transfer' }>
      assert.equal(decoded.token, token)
      assert.equal(decoded.transfers, transfers)
    }),
    { numRuns: 30 },
  )
  const hbar = decodeTransaction((await ledger.buildTransfer({ transfers: payment, memo: '' })).bytes)
  assert.is(hbar.kind === 'transfer' && hbar.token, null)
})

test('messages and new accounts are read as they were built', async ({ ledger }) => {
  const message = await ledger.buildTopicMessage({ topicId: '0.0.77', message: '{"type":"model_print"}' })
  const read = decodeTransaction(message.bytes) as Extract<DecodedTransaction, { kind: 'topic_message' }>
  assert.is(read.topicId, '0.0.77')
  assert.is(read.message.toString(), '{"type":"model_print"}')
  const publicKey = publicKeyOf(newPrivateKey(random))
  const account = await ledger.buildAccountCreate({ publicKey, initialBalance: 5n })
  const made = decodeTransaction(account.bytes) as Extract<DecodedTransaction, { kind: 'account_create' }>
  assert.is(made.publicKey, publicKey)
  assert.is(made.initialBalance, 5n)
})

test('amounts survive up to what the ledger can hold', async ({ ledger }) => {
  await fc.assert(
    fc.asyncProperty(fc.bigInt(1n, 2n ** 62n), async units => {
      const transfers = [
        { account: '0.0.5', units: -units },
        { account: '0.0.6', units },
      ]
      const { bytes } = await ledger.buildTransfer({ transfers, memo: '' })
      const decoded = decodeTransaction(bytes) as Extract<DecodedTransaction, { kind: 'transfer' }>
      assert.is(decoded.transfers.find(({ account }) => account === '0.0.5')?.units, -units)
    }),
    { numRuns: 50 },
  )
})

test('a transaction is for each node, valid for 180 seconds, and began a little ago', async ({ ledger }) => {
  const ids = new Set<string>()
  const firstNodes = new Set<string>()
  for (let count = 0; count < 50; count++) {
    const { bytes, transactionId, validUntil } = await ledger.buildTransfer({ transfers: payment, memo: '' })
    const leftMs = validUntil.getTime() - now.getTime()
    assert.ok(leftMs > 129_000 && leftMs <= 140_000, `${leftMs} ms`)
    const [first, ...others] = decodeTransaction(bytes).nodes
    assert.equal([first, ...others].sort(), ['0.0.3', '0.0.4'])
    firstNodes.add(first!)
    ids.add(transactionId)
  }
  assert.is(ids.size, 50)
  assert.is(firstNodes.size, 2, 'each has its turn')
})

test('a message that would need chunks is refused when built', async ({ ledger }) => {
  for (const message of ['', 'x'.repeat(1025)]) {
    try {
      await ledger.buildTopicMessage({ topicId: '0.0.77', message })
      assert.unreachable()
    } catch (error) {
      assert.ok(isAppError(error, 'invalid_input'))
    }
  }
})

test('signatures are what the network checks, once a key, and leave the body as it was', ({ transfer }) => {
  const keys = [newPrivateKey(random), newPrivateKey(random)]
  const once = addSignatures(transfer, keys)
  assert.equal(addSignatures(once, [...keys].reverse()), once)
  assert.is(decodeTransaction(once).bodyHash, decodeTransaction(transfer).bodyHash)
  const { sigMap, bodyBytes } = signedPart(once)
  assert.is(sigMap?.sigPair?.length, 2)
  for (const [index, key] of keys.entries()) {
    const pair = sigMap!.sigPair![index]!
    const head = Buffer.from('302a300506032b6570032100', 'hex')
    const spki = Buffer.concat([head, Buffer.from(publicKeyOf(key), 'hex')])
    const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' })
    assert.ok(verify(null, bodyBytes!, publicKey, pair.ed25519!))
    assert.is(PrivateKey.fromBytesED25519(key).publicKey.toStringRaw(), publicKeyOf(key))
  }
  assert.ok(Transaction.fromBytes(once).getSignatures().size > 0)
})

test('each body is signed, and each is for a different node', ({ transfer }) => {
  const key = newPrivateKey(random)
  const { transactionList } = proto.TransactionList.decode(addSignatures(transfer, [key]))
  assert.is(transactionList.length, 2)
  for (const { signedTransactionBytes } of transactionList) {
    const { bodyBytes, sigMap } = proto.SignedTransaction.decode(signedTransactionBytes!)
    const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(publicKeyOf(key), 'hex')])
    const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' })
    assert.ok(verify(null, bodyBytes, publicKey, sigMap!.sigPair![0]!.ed25519!))
  }
})

test.run()
