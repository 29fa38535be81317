import { and, eq } from 'drizzle-orm'
import { modelLicenses, modelNftSettings, publishedModels, purchases } from '../../../schema/db/bff.ts'
import { AppError, type ErrorCode, isErrorCode } from '../../../schema/http/errors.ts'
import { type Currency, currencies, toAmount } from '../../../schema/http/money.ts'
import type { PurchaseRequest, PurchaseResponse } from '../../../schema/http/purchases.ts'
import { type Context, requireSameUser } from '../../context.ts'
import { onceAnOperation } from '../idempotency/operation.ts'
import { advanceTransaction } from '../ledger/advance.ts'
import { balanceIn, requireTaken } from '../ledger/payment.ts'
import { walletOf } from '../wallet/account.ts'
import { findPurchase, type PurchaseOfModel, toPurchaseResponse } from './internal.ts'
import { purchaseIdOf } from './of-operation.ts'
import { openPayment } from './pay.ts'

/**
 * A user buys the right to print a model. The row is there before the payment, the payment's bytes before they are sent; then
 * we wait for the ledger a while and answer `active`, or `pending` when it takes longer. `operation` names a request that may
 * come twice: the same one continues the same purchase, and pays once.
 * Errors: forbidden, not_found, license_not_offered, currency_not_accepted, insufficient_funds, payment_failed, the CWS's.
 */
export async function purchaseModel(
  ctx: Context,
  input: PurchaseRequest,
  operation?: string,
): Promise<PurchaseResponse> {
  const { userId } = requireSameUser(ctx, input.user_id)
  const purchaseId = await purchaseIdOf(ctx, operation)
  const find = () => findPurchase(ctx.db, purchaseId)
  const purchase = await onceAnOperation(operation, find, () => storePending(ctx, purchaseId, userId, input))
  if (purchase.purchase.status === 'pending') {
    const payment = await openPayment(ctx, purchase)
    await advanceTransaction(ctx, payment.transactionId, ctx.settings.purchaseWaitSeconds * 1000)
  }
  const now = (await find()) ?? purchase
  if (now.purchase.status === 'failed') throw paymentError(now.purchase.error)
  return toPurchaseResponse(now)
}

/** Checks what can be checked before money moves, and stores the purchase. */
async function storePending(
  ctx: Context,
  purchaseId: string,
  userId: string,
  input: PurchaseRequest,
): Promise<PurchaseOfModel> {
  const { model, license } = await findOffer(ctx, input)
  const currency = input.storage_currency
  requireTaken(ctx, currency)
  const price = priceOf(license, currency)
  const { accountId } = await walletOf(ctx, userId)
  if ((await balanceIn(ctx, accountId, currency)) < price) {
    const { name } = currencies[currency]
    throw new AppError(
      'insufficient_funds',
      `This costs ${toAmount(price, currency)} ${name}: add ${name} to your wallet.`,
    )
  }
  const [purchase] = await ctx.db
    .insert(purchases)
    .values({
      purchaseId,
      userId,
      modelId: model.modelId,
      nftId: model.nftId,
      licenseType: license.licenseType,
      price,
      currency,
      printsAllowed: license.printsAllowed,
      status: 'pending',
      createdAt: ctx.clock(),
    })
    .returning()
  return { purchase: purchase!, ...model }
}

async function findOffer(ctx: Context, input: PurchaseRequest) {
  const isIt = and(eq(publishedModels.modelId, input.model_id), eq(publishedModels.status, 'published'))
  const [model] = await ctx.db
    .select({
      modelId: publishedModels.modelId,
      title: publishedModels.title,
      treasury: publishedModels.tokenTreasuryAccountId,
      designerId: publishedModels.designerId,
      nftId: modelNftSettings.nftId,
    })
    .from(publishedModels)
    .leftJoin(modelNftSettings, eq(modelNftSettings.modelId, publishedModels.modelId))
    .where(isIt)
  if (!model) throw new AppError('not_found', `There is no model ${input.model_id}.`)
  const licenses = await ctx.db.select().from(modelLicenses).where(eq(modelLicenses.modelId, model.modelId))
  const license = licenses.find(one => one.licenseType === input.license_type)
  if (license) return { model, license }
  const offered = licenses.map(one => one.licenseType).join(', ')
  throw new AppError(
    'license_not_offered',
    `"${model.title}" is not sold under "${input.license_type}", but: ${offered}.`,
  )
}

function priceOf(license: typeof modelLicenses.$inferSelect, currency: Currency): bigint {
  const prices = { hbar: license.priceHbar, print: license.pricePrint }
  const price = prices[currency]
  if (price) return price
  const other = currency === 'hbar' ? 'print' : 'hbar'
  const { name } = currencies[currency]
  const offer = `${toAmount(prices[other] ?? 0n, other)} ${currencies[other].name}`
  throw new AppError('currency_not_accepted', `"${license.licenseType}" is not sold for ${name}, but for ${offer}.`)
}

function paymentError(code: string | null): AppError {
  const known: ErrorCode = isErrorCode(code) ? code : 'payment_failed'
  return new AppError(known, paymentSentences[known] ?? 'The payment failed: nothing was charged.')
}

const paymentSentences: Partial<Record<ErrorCode, string>> = {
  insufficient_funds: 'Your wallet does not hold enough: nothing was charged.',
  daily_cap_exceeded: 'Your wallet has reached its daily limit: nothing was charged.',
}
