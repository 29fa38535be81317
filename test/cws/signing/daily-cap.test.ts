import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { cap, codeOf, makeSigning, printCap, signedBytes } from '../../make/signing.ts'

const test = suite('the daily cap on what a wallet spends')
const world = await makeSigning()
const { hedera, cws, treasury, newWallet, printTransfer, payment, sign } = world
test.after(world.close)

test('a wallet has a separate daily cap for each currency', async () => {
  const wallet = await newWallet()
  const inPrint = (units: bigint) => printTransfer([wallet, -units], [treasury, units])
  assert.is(await codeOf(sign((await inPrint(printCap + 1n)).bytes, wallet)), 'daily_cap_exceeded')
  assert.is(await codeOf(sign((await inPrint(printCap)).bytes, wallet)), 'signed')
  assert.is(await codeOf(sign((await inPrint(1n)).bytes, wallet)), 'daily_cap_exceeded')
  assert.is(await codeOf(sign((await payment(wallet, cap)).bytes, wallet)), 'signed')
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

test('of many payments at once exactly those that fit under the cap are signed', async () => {
  const wallet = await newWallet()
  const payments = await Promise.all(Array.from({ length: 20 }, () => payment(wallet, cap / 4n)))
  const codes = await Promise.all(payments.map(({ bytes }) => codeOf(sign(bytes, wallet))))
  assert.is(codes.filter(code => code === 'signed').length, 4)
  assert.is(codes.filter(code => code === 'daily_cap_exceeded').length, 16)
  const rows = await cws.sql`SELECT amount FROM signatures WHERE account_id = ${wallet}`
  assert.is(rows.length, 4)
})

test.run()
