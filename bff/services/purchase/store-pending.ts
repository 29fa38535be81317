import { setTimeout as delay } from 'node:timers/promises'
import { and, eq } from 'drizzle-orm'
import { modelLicenses, modelNftSettings, publishedModels, purchases } from '../../../schema/db/bff/index.ts'
import { AppError } from '../../../schema/http/errors.ts'
import { type Currency, currencies, toAmount } from '../../../schema/http/money.ts'
import type { PurchaseRequest } from '../../../schema/http/purchases.ts'
import type { Context } from '../../context.ts'
import { requireOperatorFunds } from '../payments/index.ts'
import { balanceIn, lockWallet, pendingSpend, requireAcceptedCurrency, walletOf } from '../wallet/index.ts'
import { findPurchase, type PurchaseOfModel } from './internal.ts'

type NewPurchase = typeof purchases.$inferInsert

const firstRetryMs = 500

/**
 * Checks the offer and the wallet, and stores the purchase as pending. The balance must also cover the wallet's pending spend:
 * otherwise a hundred purchases at once would all be signed, count against the daily cap, and fail on the ledger. If the
 * balance is short only because of open payments, waits for them up to PURCHASE_WAIT_SECONDS.
 * Errors: not_found, license_not_offered, currency_not_accepted, insufficient_funds, operator_account_empty, cws_unavailable,
 * ledger_unavailable.
 */
export async function storePending(
  ctx: Context,
  purchaseId: string,
  userId: string,
  input: PurchaseRequest,
): Promise<PurchaseOfModel> {
  const { model, license } = await findOffer(ctx, input)
  const currency = input.storage_currency
  requireAcceptedCurrency(ctx, currency)
  const price = priceOf(license, currency)
  await requireOperatorFunds(ctx)
  const { accountId } = await walletOf(ctx, userId)
  const { modelId, nftId } = model
  const { licenseType, printsAllowed } = license
  const order = { purchaseId, userId, modelId, nftId, licenseType, price, currency, printsAllowed }

  const until = performance.now() + ctx.settings.purchaseWaitSeconds * 1000
  for (let retryMs = firstRetryMs; ; retryMs *= 2) {
    const balance = await balanceIn(ctx, accountId, currency)
    if (balance < price) throw insufficientFunds(order)
    const stored = await storeIfCovered(ctx, { ...order, status: 'pending', createdAt: ctx.clock() }, balance)
    if (stored) return stored
    if (performance.now() + retryMs > until) throw fundsCommitted(order)
    await delay(retryMs)
  }
}

/** Stores one purchase of a wallet at a time; undefined when the balance does not cover the pending spend and this price. */
async function storeIfCovered(ctx: Context, order: NewPurchase, balance: bigint): Promise<PurchaseOfModel | undefined> {
  const { purchaseId, userId, currency, price } = order
  return ctx.db.transaction(async tx => {
    await lockWallet(tx, userId)
    const twin = await findPurchase(tx, purchaseId)
    if (twin) return twin
    if (balance - (await pendingSpend(tx, userId, currency)) < price) return undefined
    await tx.insert(purchases).values(order)
    return findPurchase(tx, purchaseId)
  })
}

async function findOffer(ctx: Context, input: PurchaseRequest) {
  const byId = and(eq(publishedModels.modelId, input.model_id), eq(publishedModels.status, 'published'))
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
    .where(byId)
  if (!model) throw new AppError('not_found', `There is no model ${input.model_id}.`)
  const licenses = await ctx.db.select().from(modelLicenses).where(eq(modelLicenses.modelId, model.modelId))
  const license = licenses.find(one => one.licenseType === input.license_type)
  if (license) return { model, license }
  const offered = licenses.map(one => one.licenseType).join(', ')
  throw new AppError(
    'license_not_offered',
    `"${model.title}" is not sold under "${input.license_type}". Choose one of: ${offered}.`,
  )
}

function priceOf(license: typeof modelLicenses.$inferSelect, currency: Currency): bigint {
  const prices = { hbar: license.priceHbar, print: license.pricePrint }
  const price = prices[currency]
  if (price) return price
  const other = currency === 'hbar' ? 'print' : 'hbar'
  const { name } = currencies[currency]
  const offer = `${toAmount(prices[other] ?? 0n, other)} ${currencies[other].name}`
  throw new AppError('currency_not_accepted', `"${license.licenseType}" is not sold for ${name}. Pay with ${offer}.`)
}

function insufficientFunds({ price, currency }: Pick<NewPurchase, 'price' | 'currency'>): AppError {
  const { name } = currencies[currency]
  return new AppError(
    'insufficient_funds',
    `The price is ${toAmount(price, currency)} ${name}, more than your wallet holds. Add ${name} to your wallet.`,
  )
}

function fundsCommitted({ currency }: Pick<NewPurchase, 'currency'>): AppError {
  const { name } = currencies[currency]
  return new AppError(
    'insufficient_funds',
    `Your wallet's ${name} is needed for payments in progress. Add ${name}, or try again when they have ended.`,
  )
}
