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

/** 200 when paid, 202 while the ledger has not answered yet. */
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

/** A designer's is the treasury, where what is paid for their models goes; `purpose` asks for the other one. */
export const walletQuery = z.object({ purpose: z.enum(['wallet', 'treasury']).optional() })
export type WalletQuery = z.infer<typeof walletQuery>

export const walletResponse = z.object({
  account_id: z.string().nullable(),
  network: z.string(),
  balances: z.array(moneySchema),
})
export type WalletResponse = z.infer<typeof walletResponse>

/** Asks for the events before this one of the purchase, or before those of an earlier answer; else for the newest. */
export const receiptQuery = pageQuery({ usual: 1000, most: 1000 }).extend({ before: idSchema('event').optional() })
export type ReceiptQuery = z.infer<typeof receiptQuery>

/** Everything needed to check a purchase on the ledger without us: digest = SHA-256 over salt (hex bytes) and the event's JSON text. */
export const receiptResponse = z.object({
  purchase_id: idSchema('purchase'),
  topic_id: z.string(),
  payment: z.object({
    transaction_id: z.string().nullable(),
    status: z.enum(['created', 'submitted', 'settled', 'failed']),
    amount: moneySchema,
    consensus_timestamp: z.string().nullable(),
  }),
  /** What an operator gave back, the newest try. */
  refund: z
    .object({
      transaction_id: z.string(),
      status: z.enum(['created', 'submitted', 'settled', 'failed']),
      amount: moneySchema,
      consensus_timestamp: z.string().nullable(),
    })
    .nullable(),
  /** Oldest first, the newest thousand of those asked for. */
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
  /** When there are earlier events still: what to ask for them with, as `before`. */
  events_before: idSchema('event').nullable(),
  ...pageFields,
})
export type ReceiptResponse = z.infer<typeof receiptResponse>
