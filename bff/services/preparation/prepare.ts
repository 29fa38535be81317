import { and, eq } from 'drizzle-orm'
import { preparations, printers, publishedModels, purchases } from '../../../schema/db/bff/index.ts'
import { AppError } from '../../../schema/http/errors.ts'
import { type Currency, currencies } from '../../../schema/http/money.ts'
import type { Overrides } from '../../../schema/http/overrides.ts'
import type { PrepareRequest, PrepareResponse } from '../../../schema/http/preparations.ts'
import type { PrinterFacts } from '../../../schema/http/printer-facts.ts'
import type { EngineName } from '../../../schema/http/slicer.ts'
import { type Context, type Queryable, requireSameUser } from '../../context.ts'
import { inTransaction } from '../../transaction.ts'
import { idFor, oncePerOperation } from '../idempotency/index.ts'
import { lockActivePrinter } from '../printer/index.ts'
import { dryRun, ownProfile, type PrintProfile } from '../profile/index.ts'
import { printRefusal } from '../purchase/index.ts'
import { balanceIn, requireAcceptedCurrency, walletOf } from '../wallet/index.ts'
import { admitOverrides, requireFit } from './admit-overrides.ts'
import type { Preparation } from './internal.ts'
import { queuePreparation, type Wanted } from './queue.ts'
import { toPrepareResponse } from './status.ts'

/**
 * Queues the slicing of a user's purchase for one of their printers. The wallet must hold the fee now; it is charged when the
 * slice is done. Repeating an `operationId` returns the same preparation.
 * Errors: not_found, forbidden, purchase_not_active, no_rights_left, attempts_exhausted, printer_required,
 * profile_invalid, gcode_rejected, profile_not_for_printer, preparation_in_progress, currency_not_accepted, insufficient_funds,
 * engine_unavailable, one_copy_per_print, scaling_not_allowed, stl_too_small, stl_exceeds_bed, unavailable, cws_unavailable,
 * ledger_unavailable.
 */
export async function prepare(ctx: Context, input: PrepareRequest, operationId?: string): Promise<PrepareResponse> {
  const { userId } = requireSameUser(ctx, input.user_id)
  const preparationId = idFor(ctx, 'preparation', operationId)
  const find = async () =>
    (await ctx.db.select().from(preparations).where(eq(preparations.preparationId, preparationId)))[0]
  const preparation = await oncePerOperation(operationId, find, () =>
    storePreparation(ctx, userId, preparationId, input),
  )
  return toPrepareResponse(ctx, preparation)
}

/** Makes every check that needs no slicing, then stores the preparation with its message to the slicer. */
async function storePreparation(
  ctx: Context,
  userId: string,
  preparationId: string,
  input: PrepareRequest,
): Promise<Preparation> {
  const feeCurrency = input.storage_currency
  const slicingFee = feeIn(ctx, feeCurrency)
  const { purchase, model } = await printablePurchase(ctx, input.purchase_id, userId)
  const overrides = admitOverrides(input.overrides ?? {}, model)
  const profile = await ownProfile(ctx.db, input.print_profile_id, userId)
  await requireEngine(ctx, input.engine)
  const { printerId, facts } = await choosePrinter(ctx.db, userId, input.printer_id)
  requireFit(model, overrides, facts)
  await requireSuitable(ctx, profile, facts, overrides)
  await requireFundsForFee(ctx, userId, slicingFee, feeCurrency)

  return inTransaction(ctx, async tx => {
    await lockActivePrinter(tx, printerId)
    // Checked again: the profile may have been deleted since.
    await ownProfile(tx, input.print_profile_id, userId, 'key share')
    const wanted: Wanted = {
      preparationId,
      purchaseId: purchase.purchaseId,
      printerId,
      printProfileId: input.print_profile_id,
      slicingFee,
      feeCurrency,
      requestedEngine: input.engine ?? null,
      overrides,
      printImmediately: input.print_immediately,
    }
    return queuePreparation(ctx, tx, wanted, model)
  })
}

/** Refuses a purchase that cannot be printed: its slice would be charged for and be useless. */
async function printablePurchase(ctx: Context, purchaseId: string, userId: string) {
  const [row] = await ctx.db
    .select({ purchase: purchases, model: publishedModels })
    .from(purchases)
    .innerJoin(publishedModels, eq(publishedModels.modelId, purchases.modelId))
    .where(eq(purchases.purchaseId, purchaseId))
  if (!row) throw new AppError('not_found', `There is no purchase ${purchaseId}.`)
  if (row.purchase.userId !== userId) throw new AppError('forbidden', 'That purchase belongs to somebody else.')
  const refusal = printRefusal(row.purchase, ctx.settings.attemptsLimit)
  if (refusal) throw refusal
  return row
}

/** Without a chosen engine, the slicer's default is used. */
async function requireEngine(ctx: Context, engine: EngineName | undefined): Promise<void> {
  if (engine === undefined || (await ctx.hasEngine(engine))) return
  throw new AppError('engine_unavailable', `The slicer does not have the engine "${engine}". Leave engine out.`)
}

/** Checks the profile before anything is charged: a macro that the printer lacks would otherwise fail during the print. */
async function requireSuitable(
  ctx: Context,
  profile: PrintProfile,
  facts: PrinterFacts | null,
  overrides: Overrides,
): Promise<void> {
  const { machineSettings: machine_settings, processSettings: process_settings, filament } = profile
  const checked = await dryRun(ctx, { machine_settings, process_settings, filament }, facts, overrides)
  const [fault] = checked?.faults ?? []
  if (!fault || !checked) return
  const same = checked.faults.filter(({ code }) => code === fault.code)
  throw new AppError(fault.code, same.map(({ message }) => message).join(' '))
}

async function choosePrinter(tx: Queryable, userId: string, printerId: string | undefined) {
  const mine = await tx
    .select({ printerId: printers.printerId, facts: printers.facts })
    .from(printers)
    .where(and(eq(printers.userId, userId), eq(printers.status, 'active')))
  if (printerId) {
    const chosen = mine.find(printer => printer.printerId === printerId)
    if (chosen) return chosen
    throw new AppError('not_found', `You have no printer ${printerId}.`)
  }
  if (mine.length === 1) return mine[0]!
  const advice = mine.length === 0 ? 'Register a printer first.' : 'You have several printers. Set printer_id.'
  throw new AppError('printer_required', advice)
}

function feeIn(ctx: Context, currency: Currency): bigint {
  requireAcceptedCurrency(ctx, currency)
  const fee = ctx.settings.slicingFees[currency]
  if (fee !== undefined) return fee
  throw new AppError('currency_not_accepted', `The slicing fee cannot be paid in ${currencies[currency].name}.`)
}

async function requireFundsForFee(ctx: Context, userId: string, fee: bigint, currency: Currency): Promise<void> {
  if (fee === 0n) return
  const { accountId } = await walletOf(ctx, userId)
  if ((await balanceIn(ctx, accountId, currency)) >= fee) return
  const { name } = currencies[currency]
  throw new AppError('insufficient_funds', `Your wallet does not hold the slicing fee: add ${name} to it.`)
}
