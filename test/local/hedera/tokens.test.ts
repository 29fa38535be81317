/** Tokens on the Hedera double, spoken to by Hedera's own SDK and by nothing of ours. */
import {
  AccountCreateTransaction,
  Client,
  PrivateKey,
  TokenAssociateTransaction,
  TokenCreateTransaction,
  TokenFreezeTransaction,
  TokenMintTransaction,
  TokenUnfreezeTransaction,
  type Transaction,
  TransactionReceiptQuery,
  TransferTransaction,
} from '@hashgraph/sdk'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeHedera, type TestHedera } from '../../make/hedera.ts'

const test = suite<{ hedera: TestHedera; client: Client; token: string }>('hedera: tokens')
const treasury = '0.0.2'

test.before(async context => {
  context.hedera = await makeHedera()
  const { operatorKey, grpcAddress, operatorId } = context.hedera
  const key = PrivateKey.fromBytesED25519(operatorKey)
  context.client = Client.forNetwork({ [grpcAddress]: '0.0.3' }, { scheduleNetworkUpdate: false })
  context.client.setGrpcDeadline(2500) // its timers outlive its calls, and keep a finished test file alive for so long
  context.client.setRequestTimeout(5000).setOperator(operatorId, key)
  const created = new TokenCreateTransaction()
    .setTokenName('Print')
    .setTokenSymbol('PRINT')
    .setDecimals(2)
    .setInitialSupply(1_000_000)
    .setTreasuryAccountId(treasury)
    .setSupplyKey(key.publicKey)
    .setFreezeKey(key.publicKey)
  const receipt = await (await created.execute(context.client)).getReceipt(context.client)
  context.token = receipt.tokenId!.toString()
})

test.after(async ({ hedera, client }) => {
  client.close()
  await hedera.close()
})

test('its treasury holds the supply, and more when it is minted', async ({ hedera, client, token }) => {
  assert.is((await mirror(hedera, `/tokens/${token}`)).total_supply, '1000000')
  assert.is(await unitsOf(hedera, treasury, token), 1_000_000)
  assert.is(await outcome(client, new TokenMintTransaction().setTokenId(token).setAmount(500)), 'SUCCESS')
  assert.is(await unitsOf(hedera, treasury, token), 1_000_500)
  const { decimals, symbol, type } = await mirror(hedera, `/tokens/${token}`)
  assert.equal([decimals, symbol, type], ['2', 'PRINT', 'FUNGIBLE_COMMON'])
})

test('an account receives it once it is associated, and passes it on', async ({ hedera, client, token }) => {
  const [alice, bob] = [await newAccount(client), await newAccount(client)]
  assert.is(await outcome(client, pay(token, treasury, alice.id, 10)), 'TOKEN_NOT_ASSOCIATED_TO_ACCOUNT')
  assert.is(await outcome(client, associate(alice.id, token)), 'INVALID_SIGNATURE')
  for (const { id, key } of [alice, bob]) assert.is(await outcome(client, associate(id, token), key), 'SUCCESS')
  assert.is(await outcome(client, associate(alice.id, token), alice.key), 'TOKEN_ALREADY_ASSOCIATED_TO_ACCOUNT')
  assert.is(await outcome(client, pay(token, treasury, alice.id, 10)), 'SUCCESS')
  assert.is(await outcome(client, pay(token, alice.id, bob.id, 4)), 'INVALID_SIGNATURE')
  assert.is(await outcome(client, pay(token, alice.id, bob.id, 4), alice.key), 'SUCCESS')
  assert.equal([await unitsOf(hedera, alice.id, token), await unitsOf(hedera, bob.id, token)], [6, 4])
})

test('nobody pays more than they hold, and then nothing of the transfer is done', async ({ hedera, client, token }) => {
  const alice = await newHolder(client, token, 5)
  const both = pay(token, alice.id, treasury, 6).addHbarTransfer(treasury, -1).addHbarTransfer(alice.id, 1)
  assert.is(await outcome(client, both, alice.key), 'INSUFFICIENT_TOKEN_BALANCE')
  assert.is(await unitsOf(hedera, alice.id, token), 5)
  assert.is((await mirror(hedera, `/accounts/${alice.id}`)).balance.balance, 0)
})

test('who is frozen neither pays nor receives, until unfrozen', async ({ hedera, client, token }) => {
  const alice = await newHolder(client, token, 5)
  const freeze = new TokenFreezeTransaction().setTokenId(token).setAccountId(alice.id)
  assert.is(await outcome(client, freeze), 'SUCCESS')
  const { tokens } = await mirror(hedera, `/accounts/${alice.id}/tokens?token.id=${token}`)
  assert.is(tokens[0].freeze_status, 'FROZEN')
  assert.is(await outcome(client, pay(token, alice.id, treasury, 1), alice.key), 'ACCOUNT_FROZEN_FOR_TOKEN')
  assert.is(await outcome(client, pay(token, treasury, alice.id, 1)), 'ACCOUNT_FROZEN_FOR_TOKEN')
  const unfreeze = new TokenUnfreezeTransaction().setTokenId(token).setAccountId(alice.id)
  assert.is(await outcome(client, unfreeze), 'SUCCESS')
  assert.is(await outcome(client, pay(token, alice.id, treasury, 1), alice.key), 'SUCCESS')
})

test('a transfer that expects other decimals, an unknown token, or that does not add up is refused', async ({
  client,
  token,
}) => {
  const alice = await newHolder(client, token, 5)
  const decimals = new TransferTransaction()
    .addTokenTransferWithDecimals(token, alice.id, -1, 3)
    .addTokenTransferWithDecimals(token, treasury, 1, 3)
  assert.is(await outcome(client, decimals, alice.key), 'UNEXPECTED_TOKEN_DECIMALS')
  assert.is(await outcome(client, pay('0.0.999999', alice.id, treasury, 1), alice.key), 'INVALID_TOKEN_ID')
  const uneven = new TransferTransaction().addTokenTransfer(token, alice.id, -2).addTokenTransfer(token, treasury, 1)
  assert.is(await outcome(client, uneven, alice.key), 'TRANSFERS_NOT_ZERO_SUM_FOR_TOKEN')
})

test('after a restart everybody holds what they held, and the mirror tells each movement', async ({
  hedera,
  client,
  token,
}) => {
  const alice = await newHolder(client, token, 7)
  const before = await mirror(hedera, `/balances?account.id=${alice.id}`)
  await hedera.restart()
  assert.equal((await mirror(hedera, `/balances?account.id=${alice.id}`)).balances, before.balances)
  assert.is(await unitsOf(hedera, alice.id, token), 7)
  const { transactions } = await mirror(hedera, '/transactions?limit=1')
  assert.equal(transactions[0].token_transfers, [
    { token_id: token, account: treasury, amount: -7, is_approval: false },
    { token_id: token, account: alice.id, amount: 7, is_approval: false },
  ])
})

const pay = (token: string, from: string, to: string, units: number) =>
  new TransferTransaction().addTokenTransfer(token, from, -units).addTokenTransfer(token, to, units)

const associate = (account: string, token: string) =>
  new TokenAssociateTransaction().setAccountId(account).setTokenIds([token])

async function newAccount(client: Client): Promise<{ id: string; key: PrivateKey }> {
  const key = PrivateKey.generateED25519()
  const sent = await new AccountCreateTransaction().setKeyWithoutAlias(key.publicKey).execute(client)
  return { id: (await sent.getReceipt(client)).accountId!.toString(), key }
}

async function newHolder(client: Client, token: string, units: number) {
  const account = await newAccount(client)
  assert.is(await outcome(client, associate(account.id, token), account.key), 'SUCCESS')
  assert.is(await outcome(client, pay(token, treasury, account.id, units)), 'SUCCESS')
  return account
}

async function outcome(client: Client, transaction: Transaction, ...keys: PrivateKey[]): Promise<string> {
  const frozen = transaction.freezeWith(client)
  for (const key of keys) await frozen.sign(key)
  try {
    const { transactionId } = await frozen.setMaxAttempts(1).execute(client)
    const query = new TransactionReceiptQuery().setTransactionId(transactionId).setValidateStatus(false)
    return (await query.execute(client)).status.toString()
  } catch (error) {
    const { status } = error as { status?: object }
    return status?.toString() ?? String(error)
  }
}

// biome-ignore lint/suspicious/noExplicitAny: the mirror's JSON, looked at field by field
async function mirror(hedera: TestHedera, path: string): Promise<any> {
  const response = await fetch(`${hedera.mirrorUrl}/api/v1${path}`, { headers: { connection: 'close' } })
  assert.is(response.status, 200, path)
  return response.json()
}

async function unitsOf(hedera: TestHedera, account: string, token: string): Promise<number> {
  const { tokens } = await mirror(hedera, `/accounts/${account}/tokens?token.id=${token}`)
  return tokens[0].balance
}

test.run()
