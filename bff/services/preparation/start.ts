import { and, eq, isNull, lte, ne, or } from 'drizzle-orm'
import { preparations, printers, printProfiles, publishedModels, purchases } from '../../../schema/db/bff/index.ts'
import { AppError } from '../../../schema/http/errors.ts'
import type { StartPreparationResponse } from '../../../schema/http/preparations.ts'
import { type Context, requireService } from '../../context.ts'
import { findSlice, keyOf } from '../sliced-cache/index.ts'
import { gcodeUri, movePreparation } from './internal.ts'

/**
 * Leases a preparation to the slicer; progress reports renew the lease. The message may arrive twice, and a slicer may die.
 * Errors: not_found, preparation_in_progress (another attempt holds it), preparation_ended.
 */
export async function startPreparation(ctx: Context, preparationId: string): Promise<StartPreparationResponse> {
  requireService(ctx, ctx.settings.slicerServiceAccount)
  const leaseId = ctx.random(16).toString('hex')
  const input = await inputOf(ctx, preparationId)
  const key = keyOf(ctx, input)
  const now = ctx.clock()
  const started = await movePreparation(ctx, ctx.db, preparationId, {
    from: ['pending', 'in_progress'],
    to: 'in_progress',
    set: { step: 'claimed', progress: 0, leaseId, leaseUntil: leaseEnd(ctx), sliceKey: key },
    // A slice whose fee is being paid is done, even if its lease has expired: a payment may take longer than a lease.
    when: and(ne(preparations.step, 'payment'), or(isNull(preparations.leaseUntil), lte(preparations.leaseUntil, now))),
  })
  if (!started) throw await refusal(ctx, preparationId)
  const cache = key === null ? null : await findSlice(ctx, { key, modelId: input.modelId }, { preparationId, leaseId })
  const grant = await ctx.tokens.grant('slicer', preparationId, [
    `model:${input.modelId}`,
    `printer:${started.printerId}`,
    ...(cache ? [cache.key_context] : []),
  ])
  return {
    preparation_id: preparationId,
    purchase_id: started.purchaseId,
    printer_id: started.printerId,
    lease_id: leaseId,
    lease_seconds: ctx.settings.preparationLeaseSeconds,
    profile: input.profile,
    printer: input.printer,
    model_title: input.modelTitle,
    engine: input.engine,
    overrides: input.overrides,
    gcode_gcs_uri: gcodeUri(ctx, preparationId, leaseId),
    kek_encrypted_psek: input.psek,
    cws_token: grant.token,
    cache,
  }
}

/** The model, the profile and the printer's wrapped key for a preparation. */
async function inputOf(ctx: Context, preparationId: string) {
  const [row] = await ctx.db
    .select({
      profile: printProfiles,
      psek: printers.kekEncryptedPsek,
      facts: printers.facts,
      modelId: purchases.modelId,
      modelTitle: publishedModels.title,
      engine: preparations.requestedEngine,
      overrides: preparations.overrides,
    })
    .from(preparations)
    .innerJoin(printProfiles, eq(printProfiles.printProfileId, preparations.printProfileId))
    .innerJoin(printers, eq(printers.printerId, preparations.printerId))
    .innerJoin(purchases, eq(purchases.purchaseId, preparations.purchaseId))
    .innerJoin(publishedModels, eq(publishedModels.modelId, purchases.modelId))
    .where(eq(preparations.preparationId, preparationId))
  if (!row) throw new AppError('not_found', `There is no preparation ${preparationId}.`)
  const { machineSettings, processSettings, filament } = row.profile
  return {
    modelId: row.modelId,
    modelTitle: row.modelTitle,
    psek: row.psek,
    profile: { machine_settings: machineSettings, process_settings: processSettings, filament },
    printer: row.facts,
    engine: row.engine,
    overrides: row.overrides,
  }
}

export function leaseEnd(ctx: Context): Date {
  return new Date(ctx.clock().getTime() + ctx.settings.preparationLeaseSeconds * 1000)
}

async function refusal(ctx: Context, preparationId: string): Promise<AppError> {
  const [row] = await ctx.db.select().from(preparations).where(eq(preparations.preparationId, preparationId))
  if (!row) return new AppError('not_found', `There is no preparation ${preparationId}.`)
  if (row.status === 'in_progress' && row.step !== 'payment') {
    return new AppError('preparation_in_progress', `Another attempt holds preparation ${preparationId}.`)
  }
  const state = row.status === 'in_progress' ? 'sliced and its fee is being paid' : row.status
  return new AppError('preparation_ended', `Preparation ${preparationId} is ${state}.`)
}
