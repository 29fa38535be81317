import { z } from 'zod'

/** The context that a blob of the CWS is bound to (its AAD): `printer:<id>`, `model:<id>` or `cache:<model id>:<slice key>`. */
export const keyContext = z
  .string()
  .regex(/^((printer|model|cache):[a-z0-9_]{1,64}|cache:[a-z0-9_]{1,35}:[0-9a-f]{64})$/)
export type KeyContext = z.infer<typeof keyContext>

const base64 = z.base64().max(8192)

export const encryptDataRequest = z.object({ dataToEncrypt: base64, context: keyContext })
export const encryptDataResponse = z.object({ encryptedData: z.string() })

export const decryptDataRequest = z.object({ dataToDecrypt: base64 })
export const decryptDataResponse = z.object({ decryptedData: z.string() })

/** The job of a grant: a print job, a preparation, or a model that is inspected. */
export const endJobRequest = z.object({ job: z.string().regex(/^\w{1,50}$/) })
export const endJobResponse = z.object({ status: z.literal('ended') })

export const accountId = z.string().regex(/^\d+\.\d+\.\d+$/)

/** A wallet pays; a treasury receives the payments for a designer's models. A user has one account per purpose. */
export const createWalletRequest = z.object({
  user_id: z.string().regex(/^[A-Za-z0-9_-]{1,50}$/),
  purpose: z.enum(['wallet', 'treasury']),
})
export type CreateWalletRequest = z.infer<typeof createWalletRequest>
/** `token_id` is the token that the account can hold beside HBAR. */
export const createWalletResponse = z.object({
  account_id: accountId,
  public_key: z.string(),
  token_id: accountId.nullable().default(null),
})
export type CreateWalletResponse = z.infer<typeof createWalletResponse>

/**
 * `transaction` is the frozen transaction's bytes, base64. A transfer names the wallet it debits; a message to our topic
 * names none and is signed by the operator only.
 */
export const signTransactionRequest = z.object({
  transaction: z.base64().max(16384),
  account_id: accountId.optional(),
})
export const signTransactionResponse = z.object({ signed_transaction: z.string() })

/** The frozen transaction of a refund, and the id of the payment it refunds: see sign-refund of the CWS. */
export const signRefundRequest = z.object({
  transaction: z.base64().max(16384),
  payment_transaction_id: z.string().regex(/^0\.0\.\d{1,19}@\d{1,19}\.\d{9}$/),
})
