import type { z } from 'zod'
import { decodeTransaction } from '../../ledger/decode.ts'
import { addSignatures } from '../../ledger/sign.ts'
import type { signTransactionRequest, signTransactionResponse } from '../../schema/http/cws.ts'
import { type CwsContext, requireService } from '../context.ts'
import { signWithWallet } from '../wallets/sign-with-wallet.ts'
import type { ActiveWallet } from '../wallets/wallet.ts'
import { readSpending, refused, requireAcceptable, type Transfer } from './rules.ts'
import { lockAccount, recordSignature, requireBelowCap, requirePayees } from './spending.ts'

/**
 * Signs a transfer of HBAR or PRINT from one wallet created here to payees on the list, below the wallet's daily cap; or a
 * message to our topic. Refuses everything else. All checks read the bytes that are signed. The operator signs too, because
 * it pays the fee. Signing the same transaction again returns the same bytes and counts once.
 * Errors: forbidden, transaction_refused, payee_not_allowed, daily_cap_exceeded, unavailable (not valid now).
 */
export async function signTransaction(
  ctx: CwsContext,
  input: z.infer<typeof signTransactionRequest>,
): Promise<z.infer<typeof signTransactionResponse>> {
  requireService(ctx, ctx.settings.bffServiceAccount)
  const bytes = Buffer.from(input.transaction, 'base64')
  const transaction = decodeTransaction(bytes)
  ctx.setSubject(transaction.transactionId)
  const now = ctx.clock()
  requireAcceptable(transaction, ctx.settings.operatorId, now)
  let signed: Buffer
  switch (transaction.kind) {
    case 'transfer': {
      const wallet = await approveTransfer(ctx, transaction, input.account_id, now)
      signed = signWithWallet(ctx, bytes, wallet)
      break
    }
    case 'topic_message': {
      if (input.account_id) throw refused('a message to the topic must come without account_id')
      if (transaction.topicId !== ctx.settings.topicId)
        throw refused(`messages may go to topic ${ctx.settings.topicId} only`)
      await recordSignature(ctx.db, now, transaction, null)
      signed = addSignatures(bytes, [ctx.operatorKey])
      break
    }
    case 'account_create':
      throw refused('accounts are created by create-wallet only')
  }
  return { signed_transaction: signed.toString('base64') }
}

/** Checks and records a transfer in one database transaction, one at a time for each wallet, so that the cap is exact. */
async function approveTransfer(
  ctx: CwsContext,
  transfer: Transfer,
  accountId: string | undefined,
  now: Date,
): Promise<ActiveWallet> {
  const spending = readSpending(transfer, accountId, ctx.settings.printTokenId)
  return ctx.db.transaction(async tx => {
    const wallet = await lockAccount(tx, spending.accountId, 'wallet')
    await requirePayees(tx, spending.payees)
    const { isNew } = await recordSignature(tx, now, transfer, spending)
    if (isNew) await requireBelowCap(tx, now, spending, ctx.settings.dailyCaps)
    return wallet
  })
}
