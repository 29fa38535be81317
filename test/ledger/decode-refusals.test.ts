/** The decoded content is the signed content: bytes that could be read in two ways are refused. */
import { proto } from '@hashgraph/proto'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Ledger } from '../../ledger/connect.ts'
import { decodeTransaction } from '../../ledger/decode.ts'
import { newPrivateKey, publicKeyOf } from '../../ledger/keys.ts'
import { bodyOf, connectNowhere, decodeOrNull, payment, random, signedPart, withBody } from '../make/transactions.ts'

const test = suite<{ ledger: Ledger; transfer: Buffer }>('ledger: transactions that are refused')

test.before(async context => {
  context.ledger = await connectNowhere()
  context.transfer = (await context.ledger.buildTransfer({ transfers: payment, memo: 'purch_1' })).bytes
})

test.after(({ ledger }) => ledger.close())

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

test.run()
