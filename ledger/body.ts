/** The schema of the transaction bodies that we accept. A body with a field that is not listed here is refused. */
import { z } from 'zod'
import { keySize } from './keys.ts'

const none = z.array(z.never()).max(0).optional()
const zero = z.literal(0n).optional()
const no = z.literal(false).optional()

const account = z
  .strictObject({ shardNum: zero, realmNum: zero, accountNum: z.bigint().min(0n) })
  .transform(({ accountNum }) => `0.0.${accountNum}`)
const topic = z
  .strictObject({ shardNum: zero, realmNum: zero, topicNum: z.bigint().min(0n) })
  .transform(({ topicNum }) => `0.0.${topicNum}`)
const duration = z.strictObject({ seconds: z.bigint() })
const transactionId = z.strictObject({
  transactionValidStart: z.strictObject({
    seconds: z.bigint().min(0n),
    nanos: z.number().int().min(0).max(999_999_999).default(0),
  }),
  accountID: account,
  scheduled: no,
})

const token = z
  .strictObject({ shardNum: zero, realmNum: zero, tokenNum: z.bigint().min(0n) })
  .transform(({ tokenNum }) => `0.0.${tokenNum}`)
const amounts = z.array(z.strictObject({ accountID: account, amount: z.bigint(), isApproval: no }))

// HBAR, or one fungible token; decode.ts requires exactly one of them.
const transfer = z.strictObject({
  transfers: z.strictObject({ accountAmounts: amounts }),
  tokenTransfers: z
    .array(
      z.strictObject({
        token,
        transfers: amounts.min(1),
        nftTransfers: none,
        expectedDecimals: z.strictObject({ value: z.number().int().min(0).default(0) }),
      }),
    )
    .max(1),
})

const topicMessage = z.strictObject({
  topicID: topic,
  message: z.instanceof(Buffer),
  chunkInfo: z
    .strictObject({ initialTransactionID: transactionId, total: z.literal(1), number: z.literal(1) })
    .optional(),
})

// The SDK writes these optional fields with default values; only values without a cost are accepted.
const accountCreate = z.strictObject({
  key: z.strictObject({ ed25519: z.instanceof(Buffer).refine(key => key.length === keySize) }),
  initialBalance: z.bigint(),
  autoRenewPeriod: duration,
  sendRecordThreshold: z.bigint().optional(),
  receiveRecordThreshold: z.bigint().optional(),
  receiverSigRequired: no,
  declineReward: no,
  hookCreationDetails: none,
})

export const transactionBody = z.strictObject({
  transactionID: transactionId,
  nodeAccountID: account,
  transactionFee: z.bigint(),
  transactionValidDuration: duration,
  memo: z.string().default(''),
  maxCustomFees: none,
  cryptoTransfer: transfer.optional(),
  consensusSubmitMessage: topicMessage.optional(),
  cryptoCreateAccount: accountCreate.optional(),
})
export type TransactionBody = z.infer<typeof transactionBody>
