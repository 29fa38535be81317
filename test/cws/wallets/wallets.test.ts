import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeCws, serviceAccounts, type TestCws } from '../../make/cws.ts'
import { makeHedera, type TestHedera } from '../../make/hedera.ts'

let hedera: TestHedera
let cws: TestCws
let bff: string

const test = suite('wallets')
test.before(async () => {
  hedera = await makeHedera()
  const { ledger, operatorKey, clock } = hedera
  cws = await makeCws({ ledger, operatorKey, clock })
  bff = await cws.idToken(serviceAccounts.bff)
})
test.after(async () => {
  await cws.close()
  await hedera.close()
})

interface Account {
  account_id: string
  public_key: string
}

async function create(userId: string, purpose = 'wallet'): Promise<Account> {
  return (await cws.succeed('create-wallet', { user_id: userId, purpose }, bff)) as unknown as Account
}

const call = (userId: string, purpose = 'wallet') => cws.call('create-wallet', { user_id: userId, purpose }, bff)

/** The ledger numbers what is made on it without a gap: two accounts in a row mean that none was made between them. */
function isNext(earlier: string, later: string): boolean {
  return Number(later.split('.')[2]) === Number(earlier.split('.')[2]) + 1
}

async function stored(userId: string) {
  const [row] = await cws.sql`SELECT * FROM wallets WHERE user_id = ${userId}`
  return row as unknown as { status: string; public_key: string; transaction_id: string; valid_until: Date }
}

test('a new wallet is an empty account on the ledger', async () => {
  const { account_id, public_key } = await create('user_new')
  assert.is(await hedera.ledger.balance(account_id), 0n)
  assert.match(public_key, /^[0-9a-f]{64}$/)
})

test('a user has one account for a purpose, however often it is asked for', async () => {
  const wallet = await create('user_twice')
  assert.equal(await create('user_twice'), wallet)
  const treasury = await create('user_twice', 'treasury')
  assert.is.not(treasury.account_id, wallet.account_id)
  assert.equal(await create('user_twice', 'treasury'), treasury)
})

test('a treasury may be paid from the moment it is made; a wallet may not', async () => {
  const wallet = await create('user_payee')
  const treasury = await create('user_payee', 'treasury')
  const payees = await cws.sql`SELECT account_id, kind FROM payees`
  const listed = payees.map(({ account_id }) => account_id)
  assert.ok(listed.includes(treasury.account_id))
  assert.not.ok(listed.includes(wallet.account_id))
})

test('ten requests at once make one account', async () => {
  const before = await create('user_before')
  const accounts = await Promise.all(Array.from({ length: 10 }, () => create('user_at_once')))
  assert.is(new Set(accounts.map(({ account_id }) => account_id)).size, 1)
  const after = await create('user_after')
  assert.ok(isNext(before.account_id, accounts[0]!.account_id))
  assert.ok(isNext(accounts[0]!.account_id, after.account_id))
})

test('when the answer of the ledger is lost, the next request finds the account that was made', async () => {
  const before = await create('user_before_loss')
  hedera.faults.answersToLose = 1
  const answer = await call('user_lost', 'treasury')
  assert.is(answer.body.code, 'ledger_unavailable')
  assert.is((await stored('user_lost')).status, 'pending')
  const account = await create('user_lost', 'treasury')
  assert.ok(isNext(before.account_id, account.account_id))
  assert.ok(isNext(account.account_id, (await create('user_after_loss')).account_id))
  const payees = await cws.sql`SELECT 1 FROM payees WHERE account_id = ${account.account_id}`
  assert.is(payees.length, 1)
})

test('when the answer is lost and the nodes have forgotten, the mirror tells the account', async () => {
  hedera.faults.answersToLose = 1
  assert.is((await call('user_forgotten')).status, 503)
  const before = await stored('user_forgotten')
  hedera.clock.pass(10 * 60_000)
  const account = await create('user_forgotten')
  assert.is(await hedera.ledger.balance(account.account_id), 0n)
  assert.is((await stored('user_forgotten')).transaction_id, before.transaction_id)
})

test('a transaction that was never taken is replaced when it is over, and the key stays', async () => {
  const last = await create('user_before_refusal')
  hedera.faults.submissionsToRefuse = 1
  assert.is((await call('user_refused')).status, 503)
  const before = await stored('user_refused')
  hedera.clock.pass(10 * 60_000)
  const account = await create('user_refused')
  assert.ok(isNext(last.account_id, account.account_id))
  assert.is(account.public_key, before.public_key)
  assert.is.not((await stored('user_refused')).transaction_id, before.transaction_id)
})

test('only the bff may ask for a wallet, for a purpose and a user that make sense', async () => {
  const body = { user_id: 'user_x', purpose: 'wallet' }
  const slicer = await cws.idToken(serviceAccounts.slicer)
  assert.is((await cws.call('create-wallet', body, slicer)).body.code, 'forbidden')
  for (const wrong of [{ user_id: '../x' }, { user_id: '' }, { user_id: 'a'.repeat(51) }, { purpose: 'fee' }]) {
    assert.is((await cws.call('create-wallet', { ...body, ...wrong }, bff)).body.code, 'invalid_input')
  }
  assert.is((await cws.sql`SELECT 1 FROM wallets WHERE user_id = 'user_x'`).length, 0)
})

test('no private key and no KEK is in the database or in the logs', async () => {
  await create('user_canary')
  const tables = await cws.sql`SELECT w::text AS row FROM wallets w UNION ALL SELECT a::text FROM audit_log a`
  const written = cws.logged() + tables.map(({ row }) => row).join('\n')
  assert.ok(written.includes('user_canary'))
  const secrets = [...cws.secrets(), hedera.operatorKey]
  assert.ok(secrets.length > 5)
  for (const secret of secrets) {
    for (const form of ['hex', 'base64', 'base64url', 'latin1'] as const) {
      assert.not.ok(written.includes(secret.toString(form)))
    }
  }
})

test('an operator who cannot pay for accounts is an alarm, and has a code of its own', async () => {
  const bank = await hedera.newAccount(0n)
  const all = await hedera.ledger.balance(hedera.operatorId)
  const left = 101_000n // one transaction's fee, and what the mirror rounds
  const transfers = [
    { account: hedera.operatorId, units: left - all },
    { account: bank.accountId, units: all - left },
  ]
  await hedera.settle(await hedera.ledger.buildTransfer({ transfers, memo: '' }))
  assert.is((await call('user_unpaid')).body.code, 'operator_account_empty')
  assert.match(
    cws.logged(),
    /the operator's account cannot pay the ledger's fees, so no account can be created: add HBAR to it/,
  )
})

test.run()
