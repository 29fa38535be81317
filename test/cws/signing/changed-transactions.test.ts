import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { connectLedger } from '../../../ledger/connect.ts'
import { codeOf, makeSigning } from '../../make/signing.ts'
import { edit, signedPart, withBody } from '../../make/transactions.ts'

const test = suite('transactions that are not as the marketplace builds them')
const world = await makeSigning()
const { hedera, cws, treasury, newWallet, payment, sign } = world
test.after(world.close)

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
  const rawBody = (of: Buffer) => signedPart(of).bodyBytes!
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
    'has a field that we do not know': withBody(Buffer.concat([rawBody(bytes), unknownField])),
    'has a second body': withBody(rawBody(bytes), rawBody(other.bytes)),
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

test('another transaction under the id of one that was signed is refused', async () => {
  const wallet = await newWallet()
  const { bytes } = await payment(wallet, 1n)
  assert.is(await codeOf(sign(bytes, wallet)), 'signed')
  const twin = edit(bytes, body => {
    body.memo = 'another'
  })
  assert.is(await codeOf(sign(twin, wallet)), 'transaction_refused')
})

test.run()
