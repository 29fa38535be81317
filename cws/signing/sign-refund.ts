import { and, eq, ne } from 'drizzle-orm'
import type { z } from 'zod'
import { decodeTransaction } from '../../ledger/decode.ts'
import type { Lookup } from '../../ledger/outcome.ts'
import { signatures } from '../../schema/db/cws.ts'
import type { signRefundRequest, signTransactionResponse } from '../../schema/http/cws.ts'
import { AppError } from '../../schema/http/errors.ts'
import { type CwsContext, type Queryable, requireService } from '../context.ts'
import { signWithWallet } from '../wallets/sign-with-wallet.ts'
import { readSpending, refused, requireAcceptable, type Spending, type Transfer } from './rules.ts'
import { lockAccount, recordSignature, requireBelowCap } from './spending.ts'

type Signature = typeof signatures.$inferSelect

/**
 * Signs a refund, the only transfer that may leave a treasury. The refund pays back, in full or in part, one payment that was
 * signed here and has settled, from the treasury that received it to the wallet that paid, at most once and below the
 * treasury's daily cap. The CWS asks the ledger itself for the payment and for every earlier refund of it. Only the
 * operator's service account may call this, so that a compromised bff cannot.
 * Errors: forbidden, transaction_refused, daily_cap_exceeded, ledger_unavailable, unavailable (not valid now).
 */
export async function signRefund(
  ctx: CwsContext,
  input: z.infer<typeof signRefundRequest>,
): Promise<z.infer<typeof signTransactionResponse>> {
  const { operatorServiceAccount, operatorId, printTokenId, dailyCaps } = ctx.settings
  requireService(ctx, operatorServiceAccount)
  const bytes = Buffer.from(input.transaction, 'base64')
  const refund = decodeTransaction(bytes)
  ctx.setSubject(refund.transactionId)
  const now = ctx.clock()
  requireAcceptable(refund, operatorId, now)
  if (refund.kind !== 'transfer') throw refused('a refund must be a transfer')
  const payment = await settledPayment(ctx, input.payment_transaction_id)
  const spending = requireReverse(refund, payment, printTokenId)
  const failedRefunds = await requireAllFailed(ctx, await otherRefunds(ctx.db, payment, refund.transactionId))

  const treasury = await ctx.db.transaction(async tx => {
    const locked = await lockAccount(tx, spending.accountId, 'treasury')
    const others = await otherRefunds(tx, payment, refund.transactionId)
    if (others.length !== failedRefunds)
      throw refused('another refund of this payment was signed at the same time; try again')
    const row = { ...refund, kind: 'refund' as const, refundOf: payment.transactionId }
    const { isNew } = await recordSignature(tx, now, row, spending)
    if (isNew) await requireBelowCap(tx, now, spending, dailyCaps)
    return locked
  })
  return { signed_transaction: signWithWallet(ctx, bytes, treasury).toString('base64') }
}

/** The payment with this id: signed here by our records, and settled according to the ledger. */
async function settledPayment(ctx: CwsContext, transactionId: string): Promise<Signature> {
  const byId = and(eq(signatures.transactionId, transactionId), eq(signatures.kind, 'transfer'))
  const [payment] = await ctx.db.select().from(signatures).where(byId)
  if (!payment) throw refused(`${transactionId} is not a payment that was signed here`)
  const { status } = await stateOnLedger(ctx, payment)
  if (status === 'unknown') throw new AppError('ledger_unavailable', 'The ledger does not answer. Try again later.')
  if (status !== 'settled') throw refused(`the payment ${transactionId} is not settled`)
  return payment
}

/** Requires that the refund reverses the payment and does nothing else: same currency, from its only payee to its payer. */
function requireReverse(refund: Transfer, payment: Signature, printTokenId: string | undefined): Spending {
  const [payee, ...others] = payment.payees
  if (!payee || others.length > 0) throw refused('the payment went to several accounts, so it cannot be refunded')
  const spending = readSpending(refund, payee, printTokenId)
  if (spending.currency !== payment.currency) throw refused('the payment was in another currency')
  if (spending.payees.length !== 1 || spending.payees[0] !== payment.accountId) {
    throw refused(`the refund must go to ${payment.accountId}, which paid`)
  }
  if (spending.amount > payment.amount) throw refused('the refund is larger than the payment')
  return spending
}

function otherRefunds(tx: Queryable, payment: Signature, transactionId: string): Promise<Signature[]> {
  const byPayment = and(eq(signatures.refundOf, payment.transactionId), ne(signatures.transactionId, transactionId))
  return tx.select().from(signatures).where(byPayment)
}

/** Requires that every earlier refund has certainly failed, so that a payment is refunded once. Returns their number. */
async function requireAllFailed(ctx: CwsContext, refunds: Signature[]): Promise<number> {
  for (const refund of refunds) {
    const state = await stateOnLedger(ctx, refund)
    if (state.status === 'settled') throw refused('the payment was already refunded')
    const isFailed = state.status === 'failed' || (state.status === 'not_found' && state.isPast)
    if (!isFailed) throw refused('an earlier refund may still settle; try again in 4 minutes')
  }
  return refunds.length
}

async function stateOnLedger({ ledger, clock }: CwsContext, { transactionId, validUntil }: Signature): Promise<Lookup> {
  const receipt = await ledger.receipt(transactionId)
  return receipt.status === 'unknown' ? ledger.lookup(transactionId, validUntil ?? clock()) : receipt
}
