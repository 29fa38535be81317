/** What gets signed is what was read: whatever could be read in two ways is refused. */
import { createPublicKey, verify } from 'node:crypto'
import { proto } from '@hashgraph/proto'
import { PrivateKey, Transaction } from '@hashgraph/sdk'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { connectLedger, type Ledger } from '../../ledger/connect.ts'
import { type DecodedTransaction, decodeTransaction } from '../../ledger/decode.ts'
import { newPrivateKey, publicKeyOf } from '../../ledger/keys.ts'
import { addSignatures } from '../../ledger/sign.ts'
import { isAppError } from '../../schema/http/errors.ts'
import { seededRandom } from '../make/market.ts'

const random = seededRandom('decode')
const now = new Date('2026-03-01T12:00:00Z')
const test = suite<{ ledger: Ledger; transfer: Buffer }>('ledger: reading and signing transactions')

test.before(async context => {
  // Nothing is sent in this file: no node needs to be there.
  context.ledger = await connectLedger({
    network: 'local',
    nodes: { '127.0.0.1:1': '0.0.3', '127.0.0.1:2': '0.0.4' },
    mirrorUrl: 'http://127.0.0.1:3',
    operatorId: '0.0.2',
    clock: () => now,
    random,
  })
  context.transfer = (await context.ledger.buildTransfer({ transfers: payment, memo: 'purch_1' })).bytes
})

test.after(({ ledger }) => ledger.close())

const payment = [
  { account: '0.0.1001', units: -250n },
  { account: '0.0.1002', units: 200n },
  { account: '0.0.98', units: 50n },
]

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

test('a token transfer that says more than it seems is refused', async ({ ledger }) => {
  const transfers = [
    { account: '0.0.5', units: -7n },
    { account: '0.0.6', units: 7n },
  ]
  const { bytes } = await ledger.buildTransfer({ transfers, token: { id: '0.0.500', decimals: 2 }, memo: '' })
  const change = (edit: (transfer: proto.ICryptoTransferTransactionBody, list: proto.ITokenTransferList) => void) => {
    const body = bodyOf(bytes)
    edit(body.cryptoTransfer!, body.cryptoTransfer!.tokenTransfers![0]!)
    return decodeOrNull(withBody(Buffer.from(proto.TransactionBody.encode(body).finish())))
  }
  assert.ok(change(() => {}))
  const amount = (list: proto.ITokenTransferList) => list.transfers![0]!
  const changes: Record<string, Parameters<typeof change>[0]> = {
    'moves HBAR too': (transfer, list) => {
      transfer.transfers = { accountAmounts: [amount(list)] }
    },
    'moves a second token': (transfer, list) => {
      transfer.tokenTransfers = [list, { ...list, token: { tokenNum: amount(list).amount! } }]
    },
    'moves the token in two lists': (transfer, list) => {
      transfer.tokenTransfers = [list, list]
    },
    'moves an NFT too': (_transfer, list) => {
      list.nftTransfers = [{ senderAccountID: amount(list).accountID!, serialNumber: amount(list).amount! }]
    },
    'spends an allowance': (_transfer, list) => {
      amount(list).isApproval = true
    },
    'takes any decimals': (_transfer, list) => {
      list.expectedDecimals = null
    },
    'names no token': (_transfer, list) => {
      list.token = null
    },
    'is of another shard': (_transfer, list) => {
      list.token!.shardNum = amount(list).amount!
    },
    'moves nothing': (_transfer, list) => {
      list.transfers = []
    },
    'pays an alias': (_transfer, list) => {
      list.transfers![1]!.accountID = { alias: Buffer.alloc(32, 1) }
    },
  }
  for (const [what, edit] of Object.entries(changes)) assert.is(change(edit), null, what)
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

test('a changed byte is refused, or changes what is read and signed, or touches only the wrapping', ({ transfer }) => {
  const original = decodeTransaction(transfer)
  for (let position = 0; position < transfer.length; position++) {
    for (const bit of [1, 16, 128]) {
      const changed = Buffer.from(transfer)
      changed[position] = changed[position]! ^ bit
      const read = decodeOrNull(changed)
      if (read?.bodyHash === original.bodyHash) assert.equal(read, original, `byte ${position}`)
      else if (read) assert.not.equal({ ...read, bodyHash: '' }, { ...original, bodyHash: '' }, `byte ${position}`)
    }
  }
})

test('any bytes at all are refused or read, and nothing else happens', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), bytes => void decodeOrNull(Buffer.from(bytes))))
  assert.is(decodeOrNull(Buffer.alloc(9000)), null)
  assert.is(decodeOrNull(Buffer.alloc(0)), null)
})

test('a body that says two things is refused', ({ transfer }) => {
  const second = proto.TransactionBody.encode({
    consensusSubmitMessage: {
      topicID: { topicNum: bodyOf(transfer).nodeAccountID!.accountNum! },
      message: Buffer.from('x'),
    },
  }).finish()
  const { bodyBytes } = signedPart(transfer)
  assert.is(decodeOrNull(withBody(Buffer.concat([bodyBytes!, second]))), null)
  // The network merges a repeated field; nobody needs one.
  assert.is(decodeOrNull(withBody(Buffer.concat([bodyBytes!, bodyBytes!]))), null)
})

test('a field that we do not know is refused', ({ transfer }) => {
  const unknownField = Buffer.from([0xf8, 0x3f, 0x01]) // number 1023, varint 1
  const { bodyBytes } = signedPart(transfer)
  assert.is(decodeOrNull(withBody(Buffer.concat([bodyBytes!, unknownField]))), null)
})

test('approved transfers, token transfers, aliases and other shards are refused', ({ transfer }) => {
  const change = (edit: (body: proto.TransactionBody) => void) => {
    const body = bodyOf(transfer)
    edit(body)
    return decodeOrNull(withBody(Buffer.from(proto.TransactionBody.encode(body).finish())))
  }
  const firstOf = (body: proto.TransactionBody) => body.cryptoTransfer!.transfers!.accountAmounts![0]!
  assert.ok(change(() => {}))
  const one = bodyOf(transfer).nodeAccountID!.accountNum!
  assert.is(
    change(body => {
      firstOf(body).isApproval = true
    }),
    null,
  )
  assert.is(
    change(body => {
      firstOf(body).accountID!.shardNum = one
    }),
    null,
  )
  assert.is(
    change(body => {
      firstOf(body).accountID = { alias: Buffer.alloc(32, 1) }
    }),
    null,
  )
  assert.is(
    change(body => {
      body.cryptoTransfer!.tokenTransfers = [{ token: { tokenNum: one }, transfers: [] }]
    }),
    null,
  )
  assert.is(
    change(body => {
      body.transactionID!.scheduled = true
    }),
    null,
  )
  assert.is(
    change(body => {
      body.batchKey = { ed25519: Buffer.alloc(32, 1) }
    }),
    null,
  )
})

test('other kinds, several transactions at once, and a body beside the signed one are refused', async ({
  ledger,
  transfer,
}) => {
  const topic = await ledger.buildTopicCreate({ submitKey: publicKeyOf(newPrivateKey(random)), memo: '' })
  assert.is(decodeOrNull(topic.bytes), null)
  const [transaction] = proto.TransactionList.decode(transfer).transactionList
  const list = (...transactionList: proto.ITransaction[]) =>
    Buffer.from(proto.TransactionList.encode({ transactionList }).finish())
  assert.is(decodeOrNull(list(transaction!, transaction!)), null)
  const { bodyBytes } = signedPart(topic.bytes)
  assert.is(decodeOrNull(list({ ...transaction!, bodyBytes: bodyBytes! })), null)
  assert.is(decodeOrNull(list()), null)
})

test('bodies for several nodes that differ in more than the node are refused', async ({ ledger, transfer }) => {
  const list = proto.TransactionList.decode(transfer).transactionList
  const other = await ledger.buildTransfer({ transfers: payment, memo: 'purch_1' })
  const elsewhere = proto.TransactionList.decode(other.bytes).transactionList
  const withNode = (node: number) => {
    const body = bodyOf(transfer)
    const nodeAccountID = { ...body.nodeAccountID!, accountNum: node as never }
    return proto.TransactionList.decode(
      withBody(Buffer.from(proto.TransactionBody.encode({ ...body, nodeAccountID }).finish())),
    ).transactionList[0]!
  }
  const read = (...transactionList: proto.ITransaction[]) =>
    decodeOrNull(Buffer.from(proto.TransactionList.encode({ transactionList }).finish()))
  assert.equal(read(withNode(7), withNode(8), withNode(9))?.nodes, ['0.0.7', '0.0.8', '0.0.9'])
  assert.is(
    read(list[0]!, elsewhere.find(one => read(one)?.nodes[0] !== read(list[0]!)?.nodes[0])!),
    null,
    'another id',
  )
  assert.is(read(withNode(7), withNode(7)), null, 'the same node twice')
  assert.is(read(...[7, 8, 9, 10].map(withNode)), null, 'too many')
})

test('what is signed is each body, and each is for a node of its own', ({ transfer }) => {
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

/** Null when it is refused, as it must be: with its own code, and not by any other error. */
function decodeOrNull(bytes: Buffer): DecodedTransaction | null {
  try {
    return decodeTransaction(bytes)
  } catch (error) {
    if (!isAppError(error, 'transaction_refused')) throw error
    return null
  }
}

function signedPart(bytes: Buffer): proto.ISignedTransaction {
  const [transaction] = proto.TransactionList.decode(bytes).transactionList
  return proto.SignedTransaction.decode(transaction!.signedTransactionBytes!)
}

function bodyOf(bytes: Buffer): proto.TransactionBody {
  return proto.TransactionBody.decode(signedPart(bytes).bodyBytes!)
}

function withBody(bodyBytes: Buffer): Buffer {
  const signedTransactionBytes = proto.SignedTransaction.encode({ bodyBytes, sigMap: { sigPair: [] } }).finish()
  return Buffer.from(proto.TransactionList.encode({ transactionList: [{ signedTransactionBytes }] }).finish())
}

test.run()
