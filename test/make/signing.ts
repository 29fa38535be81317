/** A CWS with a ledger, payments for it to sign, and their results. */
import * as assert from 'uvu/assert'
import type { UnsignedTransaction } from '../../ledger/build.ts'
import { type Answer, makeCws, serviceAccounts } from './cws.ts'
import { makeHedera } from './hedera.ts'

export const cap = 1000n
export const printCap = 500n

export async function makeSigning() {
  const hedera = await makeHedera()
  const { ledger, operatorKey, clock } = hedera
  const topicId = await hedera.newTopic()
  const printTokenId = await hedera.newToken()
  const cws = await makeCws({
    ledger,
    operatorKey,
    clock,
    settings: { topicId, printTokenId, dailyCaps: { hbar: cap, print: printCap } },
  })
  const bff = await cws.idToken(serviceAccounts.bff)
  let users = 0
  const treasury = await newAccount('treasury')

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

  /** Sends a transaction that the CWS signed. Returns its result. */
  async function send(built: UnsignedTransaction, answer: Answer): Promise<string> {
    assert.is(answer.status, 200, JSON.stringify(answer.body))
    await ledger.submit(signedBytes(answer))
    return (await ledger.receipt(built.transactionId, 2000)).status
  }

  async function close(): Promise<void> {
    await cws.close()
    await hedera.close()
  }

  return {
    hedera,
    ledger,
    cws,
    topicId,
    printTokenId,
    treasury,
    bff,
    newAccount,
    newWallet,
    transfer,
    printTransfer,
    payment,
    sign,
    send,
    close,
  }
}

export async function codeOf(answer: Promise<Answer>): Promise<unknown> {
  const { status, body } = await answer
  return status === 200 ? 'signed' : body.code
}

export const signedBytes = ({ body }: Answer) => Buffer.from(String(body.signed_transaction), 'base64')
