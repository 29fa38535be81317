import { proto } from '@hashgraph/proto'
import { scaled } from '../../runtime/time-scale.ts'
import { type Faults, strikes } from './faults.ts'
import { accountId, accountName, toLong, toNanos, transactionName } from './ids.ts'
import type { Network } from './network.ts'
import { type CodeName, codeNumber } from './refusal.ts'

// Nodes forget a receipt three minutes after consensus.
const receiptLifeNs = 180_000_000_000
// 1 HBAR = 12 US cents, for ever: the SDK wants a rate in each receipt.
const rate: proto.IExchangeRate = { hbarEquiv: 1, centEquiv: 12, expirationTime: { seconds: toLong(4_102_444_800n) } }
const exchangeRate: proto.IExchangeRateSet = { currentRate: rate, nextRate: rate }

/** Answers a free query. Both arguments and the answer are protobuf's bytes. */
export type AnswerQuery = (network: Network, query: Buffer, faults: Faults) => Uint8Array

export const answerReceipt: AnswerQuery = ({ state, nowNs, timeScale }, bytes, faults) => {
  const id = proto.Query.decode(bytes).transactionGetReceipt?.transactionID
  const payer = accountName(id?.accountID)
  if (!payer || !id?.transactionValidStart) {
    return answer({ transactionGetReceipt: { header: header('INVALID_TRANSACTION_ID') } })
  }
  const record = state.records.get(transactionName(payer, toNanos(id.transactionValidStart)))
  if (!record || Number(nowNs() - record.consensusNs) >= scaled(receiptLifeNs, { timeScale })) {
    return answer({ transactionGetReceipt: { header: header('RECEIPT_NOT_FOUND') } })
  }
  const receipt = strikes(faults, 'receiptsInDoubt') ? { status: codeNumber('FAIL_INVALID') } : record.receipt
  return answer({ transactionGetReceipt: { header: header('OK'), receipt: { ...receipt, exchangeRate } } })
}

export const answerBalance: AnswerQuery = ({ state }, bytes) => {
  const id = accountName(proto.Query.decode(bytes).cryptogetAccountBalance?.accountID)
  const account = id === null ? undefined : state.accounts.get(id)
  if (!account) return answer({ cryptogetAccountBalance: { header: header('INVALID_ACCOUNT_ID') } })
  const balance = toLong(account.tinybar)
  return answer({ cryptogetAccountBalance: { header: header('OK'), accountID: accountId(account.id), balance } })
}

function header(code: CodeName): proto.IResponseHeader {
  return { nodeTransactionPrecheckCode: codeNumber(code) }
}

function answer(response: proto.IResponse): Uint8Array {
  return proto.Response.encode(response).finish()
}
