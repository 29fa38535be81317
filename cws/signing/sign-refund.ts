import { and, eq, ne } from 'drizzle-orm'
import type { z } from 'zod'
import { decodeTransaction } from '../../ledger/decode.ts'
import type { Lookup } from '../../ledger/outcome.ts'
import { signatures } from '../../schema/db/cws.ts'
import type { signRefundRequest, signTransactionResponse } from '../../schema/http/cws.ts'
import { AppError } from '../../schema/http/errors.ts'
import { type CwsContext, type Queryable, requireService } from '../context.ts'
import { signWithWallet } from '../wallets/sign-with-wallet.ts'
import { readSpending, refused, requireOurs, type Spending, type Transfer } from './rules.ts'
import { lockAccount, recordSignature, requireBelowCap } from './spending.ts'

type Signature = typeof signatures.$inferSelect

/**
 * Signs the one thing that may leave a treasury: a payment that was signed here and that the ledger has settled goes back,
 * once, from the treasury that got it to the wallet that paid, at most in full, below the treasury's daily cap. We ask the
 * ledger ourselves, for the payment and for every earlier refund of it. For the operator's own service account only: a bff
 * that is taken over cannot ask.
 * Errors: forbidden, transaction_refused, daily_cap_exceeded, ledger_unavailable, unavailable (it is not of now).
 */
export async function signRefund(
  ctx: CwsContext,
  input: z.infer<typeof signRefundRequest>,
): Promise<z.infer<typeof signTransactionResponse>> {
  const { operatorServiceAccount, operatorId, printTokenId, dailyCaps } = ctx.settings
  requireService(ctx, operatorServiceAccount)
  const bytes = Buffer.from(input.transaction, 'base64')
  const refund = decodeTransaction(bytes)
  ctx.concerns(refund.transactionId)
  const now = ctx.clock()
  requireOurs(refund, operatorId, now)
  if (refund.kind !== 'transfer') throw refused('a refund is a transfer')
  const payment = await settledPayment(ctx, input.payment_transaction_id)
  const spending = requireReverse(refund, payment, printTokenId)
  const over = await requireOver(ctx, await otherRefunds(ctx.db, payment, refund.transactionId))

  const treasury = await ctx.db.transaction(async tx => {
    const locked = await lockAccount(tx, spending.accountId, 'treasury')
    const others = await otherRefunds(tx, payment, refund.transactionId)
    if (others.length !== over) throw refused('another refund of this payment was signed just now')
    const row = { ...refund, kind: 'refund' as const, refundOf: payment.transactionId }
    const { isNew } = await recordSignature(tx, now, row, spending)
    if (isNew) await requireBelowCap(tx, now, spending, dailyCaps)
    return locked
  })
  return { signed_transaction: signWithWallet(ctx, bytes, treasury).toString('base64') }
}

/** A payment of ours, by our own record, that has happened, by the ledger's own word. */
async function settledPayment(ctx: CwsContext, transactionId: string): Promise<Signature> {
  const isIt = and(eq(signatures.transactionId, transactionId), eq(signatures.kind, 'transfer'))
  const [payment] = await ctx.db.select().from(signatures).where(isIt)
  if (!payment) throw refused('it gives back no payment that was signed here')
  const { status } = await endOf(ctx, payment)
  if (status === 'unknown') throw new AppError('ledger_unavailable', 'The ledger cannot be asked just now. Try again.')
  if (status !== 'settled') throw refused('the payment that it gives back is not settled')
  return payment
}

/** The refund must undo the payment and do nothing else: the same currency, back from its one payee to its payer. */
function requireReverse(refund: Transfer, payment: Signature, printTokenId: string | undefined): Spending {
  const [payee, ...others] = payment.payees
  if (!payee || others.length > 0) throw refused('the payment went to several')
  const spending = readSpending(refund, payee, printTokenId)
  if (spending.currency !== payment.currency) throw refused('the payment was in another currency')
  if (spending.payees.length !== 1 || spending.payees[0] !== payment.accountId) {
    throw refused('it pays another account than the one that paid')
  }
  if (spending.amount > payment.amount) throw refused('it gives back more than was paid')
  return spending
}

function otherRefunds(tx: Queryable, payment: Signature, transactionId: string): Promise<Signature[]> {
  const isOther = and(eq(signatures.refundOf, payment.transactionId), ne(signatures.transactionId, transactionId))
  return tx.select().from(signatures).where(isOther)
}

/** Money goes back once: every earlier refund must have failed for certain. Returns how many there are. */
async function requireOver(ctx: CwsContext, refunds: Signature[]): Promise<number> {
  for (const refund of refunds) {
    const end = await endOf(ctx, refund)
    if (end.status === 'settled') throw refused('the payment was given back already')
    const isOver = end.status === 'failed' || (end.status === 'not_found' && end.isPast)
    if (!isOver) throw refused('an earlier refund may still happen: try again in 4 minutes')
  }
  return refunds.length
}

async function endOf({ ledger, clock }: CwsContext, { transactionId, validUntil }: Signature): Promise<Lookup> {
  const receipt = await ledger.receipt(transactionId)
  return receipt.status === 'unknown' ? ledger.lookup(transactionId, validUntil ?? clock()) : receipt
}
