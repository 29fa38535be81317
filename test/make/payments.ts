/** Buyers of one model with funds in either currency, purchases and slices that await their payment. */
import { eq } from 'drizzle-orm'
import type { Context } from '../../bff/context.ts'
import { findPurchase } from '../../bff/services/purchase/internal.ts'
import { purchaseModel } from '../../bff/services/purchase/purchase.ts'
import { walletOf } from '../../bff/services/wallet/account.ts'
import type { Settings } from '../../bff/settings.ts'
import { ledgerTransactions, preparations, purchases } from '../../schema/db/bff/index.ts'
import { isAppError } from '../../schema/http/errors.ts'
import { newId } from '../../schema/http/ids.ts'
import { hbar, license, makeMoney } from './money.ts'
import { makePreparation, makePrinter, makeProfile } from './prepared.ts'

export const prices = { hbar: 10n * hbar, print: 500n }
export type Currency = keyof typeof prices

/** The code of the error that `work` fails with. */
export const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    error => (isAppError(error) ? error.code : String(error)),
  )

export async function makePayments(options: { settings: Partial<Settings>; withPrint?: boolean }) {
  const market = await makeMoney({ ...options, dailyCapTinybar: 1_000_000n * hbar })
  const { ctx, db, newModel } = market
  const model = await newModel({
    priceHbar: prices.hbar,
    ...(options.withPrint ? { pricePrint: prices.print } : {}),
  })

  /** A user with this amount of a currency in the wallet; by default enough for one purchase. */
  async function newBuyer(currency: Currency = 'hbar', units = prices[currency]) {
    const user = await market.newBuyer({ [currency]: units })
    const { userId } = user
    const input = { user_id: userId, model_id: model.modelId, license_type: license, storage_currency: currency }
    const balance = () => (currency === 'hbar' ? market.balanceOf : market.printBalanceOf)(userId)
    const buy = (as: Context = ctx, operation?: string) =>
      purchaseModel({ ...as, actor: user.ctx.actor }, input, operation)
    const states = async () =>
      (await db.select().from(purchases).where(eq(purchases.userId, userId))).map(one => [one.status, one.error])
    return { userId, buy, balance, states }
  }

  async function newPurchase(userId: string, status: 'pending' | 'active', currency: Currency): Promise<string> {
    const purchaseId = newId('purchase', ctx.random)
    await db.insert(purchases).values({
      purchaseId,
      userId,
      modelId: model.modelId,
      licenseType: license,
      price: prices[currency],
      currency,
      printsAllowed: 3,
      status,
      createdAt: ctx.clock(),
    })
    return purchaseId
  }

  /** A pending purchase without a payment, as left by a process that died right after storing it. */
  async function newPending(userId: string) {
    const purchaseId = await newPurchase(userId, 'pending', 'hbar')
    return { purchaseId, found: (await findPurchase(db, purchaseId))! }
  }

  /** A preparation whose slice is stored and whose fee is due. */
  async function newSlice(userId: string, currency: Currency = 'hbar') {
    await walletOf(ctx, userId)
    const purchaseId = await newPurchase(userId, 'active', currency)
    const profileId = await makeProfile(market, userId)
    const printerId = await makePrinter(market, userId)
    const preparationId = await makePreparation(market, { purchaseId, printerId, profileId })
    const isIt = eq(preparations.preparationId, preparationId)
    const slicingFee = ctx.settings.slicingFees[currency]!
    await db
      .update(preparations)
      .set({ status: 'in_progress', step: 'payment', slicingFee, feeCurrency: currency })
      .where(isIt)
    return { preparationId, state: async () => (await db.select().from(preparations).where(isIt))[0]! }
  }

  async function stateOf(purchaseId: string) {
    const found = await findPurchase(db, purchaseId)
    return [found?.purchase.status, found?.purchase.error]
  }

  const transactionsOf = (subjectId: string) =>
    db.select().from(ledgerTransactions).where(eq(ledgerTransactions.subjectId, subjectId))

  return { ...market, model, newBuyer, newPending, newSlice, stateOf, transactionsOf }
}
