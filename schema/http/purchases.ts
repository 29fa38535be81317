import { z } from 'zod'
import { idSchema } from './ids.ts'
import { currencySchema, moneySchema } from './money.ts'
import { pageFields, pageQuery } from './page.ts'

export const purchaseRequest = z.object({
  user_id: idSchema('user'),
  model_id: idSchema('model'),
  license_type: z.string().min(1).max(40),
  storage_currency: currencySchema,
})
export type PurchaseRequest = z.infer<typeof purchaseRequest>

export const purchaseStatus = z.enum(['pending', 'active', 'failed', 'refunded'])
export type PurchaseStatus = z.infer<typeof purchaseStatus>

/** 200 once paid, 202 while the payment is pending. */
export const purchaseResponse = z.object({
  status: purchaseStatus,
  purchase_id: idSchema('purchase'),
  model_id: idSchema('model'),
  title: z.string(),
  license_type: z.string(),
  price: moneySchema,
  prints_allowed: z.int(),
  prints_used: z.int(),
  prints_reserved: z.int(),
  error: z.string().nullable(),
  created_at: z.iso.datetime(),
})
export type PurchaseResponse = z.infer<typeof purchaseResponse>

export const purchaseListQuery = pageQuery({ usual: 500, most: 500 })
export const purchaseListResponse = z.object({ purchases: z.array(purchaseResponse), ...pageFields })
export type PurchaseListResponse = z.infer<typeof purchaseListResponse>

/** By default a designer's treasury, or another user's wallet. `purpose` selects the other account. */
export const walletQuery = z.object({ purpose: z.enum(['wallet', 'treasury']).optional() })
export type WalletQuery = z.infer<typeof walletQuery>

export const walletResponse = z.object({
  account_id: z.string().nullable(),
  network: z.string(),
  balances: z.array(moneySchema),
  /** What a preparation costs, in each currency that the fee can be paid in. */
  slicing_fees: z.array(moneySchema).default([]),
})
export type WalletResponse = z.infer<typeof walletResponse>

/** Only events before this one; without it, the newest. */
export const receiptQuery = pageQuery({ usual: 1000, most: 1000 }).extend({ before: idSchema('event').optional() })
export type ReceiptQuery = z.infer<typeof receiptQuery>

/** Everything needed to check a purchase on the ledger without the marketplace: digest = SHA-256 over salt (hex bytes) and the event's JSON text. */
export const receiptResponse = z.object({
  purchase_id: idSchema('purchase'),
  topic_id: z.string(),
  payment: z.object({
    transaction_id: z.string().nullable(),
    status: z.enum(['created', 'submitted', 'settled', 'failed']),
    amount: moneySchema,
    consensus_timestamp: z.string().nullable(),
  }),
  /** The newest attempt of an operator to refund the purchase. */
  refund: z
    .object({
      transaction_id: z.string(),
      status: z.enum(['created', 'submitted', 'settled', 'failed']),
      amount: moneySchema,
      consensus_timestamp: z.string().nullable(),
    })
    .nullable(),
  /** Oldest first; the newest thousand of the requested events. */
  events: z.array(
    z.object({
      event_id: idSchema('event'),
      type: z.string(),
      sequence_number: z.int().nullable(),
      consensus_timestamp: z.string().nullable(),
      event: z.string(),
      salt: z.string(),
      digest: z.string(),
    }),
  ),
  /** The `before` of the next request, when there are earlier events. */
  events_before: idSchema('event').nullable(),
  ...pageFields,
})
export type ReceiptResponse = z.infer<typeof receiptResponse>
