import {
  type CreateWalletRequest,
  type CreateWalletResponse,
  createWalletResponse,
  decryptDataResponse,
  encryptDataResponse,
  endJobResponse,
  type KeyContext,
  signTransactionResponse,
} from '../schema/http/cws.ts'
import { call } from './call.ts'
import type { ServiceHeaders } from './id-token.ts'

/** The Custodial Wallet Service as our services see it. Every call throws `cws_unavailable` when it cannot be reached. */
export interface Cws {
  /** Wraps key material; the blob is bound to its context. */
  encrypt: (data: Buffer, context: KeyContext) => Promise<string>
  /** No grant for this job opens a key from now on. */
  endJob: (job: string) => Promise<void>
  createWallet: (request: CreateWalletRequest) => Promise<CreateWalletResponse>
  /** Signs a transfer from `accountId`, or (without it) a message to our topic. Returns the signed transaction's bytes. */
  sign: (transaction: Buffer, accountId?: string) => Promise<Buffer>
  /** Signs the refund of a payment that the CWS signed: for the operator's service account only. */
  signRefund: (transaction: Buffer, paymentTransactionId: string) => Promise<Buffer>
}

export function cwsClient(url: string, headers: ServiceHeaders, timeoutMs = 15_000): Cws {
  const post = async <T extends Parameters<typeof call>[0]['answer']>(path: string, body: unknown, answer: T) =>
    call({
      url: url + path,
      headers: await headers(url),
      body,
      answer,
      timeoutMs,
      unavailable: 'cws_unavailable',
      isOwnToken: true,
    })
  return {
    encrypt: async (data, context) => {
      const body = { dataToEncrypt: data.toString('base64'), context }
      return (await post('/ops/encrypt-data', body, encryptDataResponse)).encryptedData
    },
    endJob: async job => {
      await post('/ops/end-job', { job }, endJobResponse)
    },
    createWallet: request => post('/ops/create-wallet', request, createWalletResponse),
    sign: async (transaction, accountId) => {
      const body = { transaction: transaction.toString('base64'), ...(accountId ? { account_id: accountId } : {}) }
      const { signed_transaction } = await post('/ops/sign-transaction', body, signTransactionResponse)
      return Buffer.from(signed_transaction, 'base64')
    },
    signRefund: async (transaction, paymentTransactionId) => {
      const body = { transaction: transaction.toString('base64'), payment_transaction_id: paymentTransactionId }
      const { signed_transaction } = await post('/ops/sign-refund', body, signTransactionResponse)
      return Buffer.from(signed_transaction, 'base64')
    },
  }
}

/**
 * Opens one wrapped key with a grant (cws_token). The caller wipes the returned Buffer after use.
 * Errors: unauthenticated (grant invalid or expired), key_context_mismatch, key_blob_invalid, job_ended, openings_exhausted,
 * cws_unavailable.
 */
export async function openWithGrant(url: string, grant: string, blob: string, signal?: AbortSignal): Promise<Buffer> {
  const { decryptedData } = await call({
    url: `${url}/ops/decrypt-data`,
    headers: { authorization: `Bearer ${grant}` },
    body: { dataToDecrypt: blob },
    answer: decryptDataResponse,
    timeoutMs: 15_000,
    unavailable: 'cws_unavailable',
    ...(signal ? { signal } : {}),
  })
  return Buffer.from(decryptedData, 'base64')
}
