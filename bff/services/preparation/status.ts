import { and, desc, eq, inArray } from 'drizzle-orm'
import { preparations, printJobs, purchases } from '../../../schema/db/bff.ts'
import { AppError } from '../../../schema/http/errors.ts'
import { toAmount, toMoney } from '../../../schema/http/money.ts'
import type { PrepareResponse, PrepareStatusResponse } from '../../../schema/http/preparations.ts'
import { type Context, requireUser } from '../../context.ts'
import { liveStates } from '../print-job/internal.ts'
import type { Preparation } from './internal.ts'

/** How the newest preparation of a purchase stands, and what became of its print. Errors: not_found, forbidden. */
export async function prepareStatus(ctx: Context, purchaseId: string): Promise<PrepareStatusResponse> {
  const { userId } = requireUser(ctx)
  const [purchase] = await ctx.db.select().from(purchases).where(eq(purchases.purchaseId, purchaseId))
  if (!purchase) throw new AppError('not_found', `There is no purchase ${purchaseId}.`)
  if (purchase.userId !== userId) throw new AppError('forbidden', 'That purchase belongs to somebody else.')
  const [preparation] = await ctx.db
    .select()
    .from(preparations)
    .where(eq(preparations.purchaseId, purchaseId))
    .orderBy(desc(preparations.createdAt))
    .limit(1)
  if (!preparation) throw new AppError('not_found', 'The purchase was not prepared yet.')
  const ofPreparation = eq(printJobs.preparationId, preparation.preparationId)
  const [live] = await ctx.db
    .select()
    .from(printJobs)
    .where(and(ofPreparation, inArray(printJobs.status, [...liveStates])))
    .limit(1)
  const [newest] = await ctx.db
    .select()
    .from(printJobs)
    .where(ofPreparation)
    .orderBy(desc(printJobs.createdAt))
    .limit(1)
  const isPrinting = preparation.status === 'completed' && live && live.status !== 'queued'
  return {
    ...toPrepareResponse(ctx, preparation, live?.printJobId ?? newest?.printJobId ?? null),
    status: isPrinting ? 'printing' : preparation.status,
    step: preparation.step,
    progress: preparation.progress,
    error: preparation.errorCode ? { code: preparation.errorCode, message: preparation.error ?? '' } : null,
    warnings: preparation.warnings,
    totals: preparation.totals,
    gcode_ttl_expiry: preparation.gcodeTtlExpiry?.toISOString() ?? null,
    print_status: live?.status ?? newest?.status ?? null,
    print_error: preparation.printError ?? newest?.error ?? null,
  }
}

/** The owner's flat shape. The download address is the proxy's, of a job: there is none before a print was asked for. */
export function toPrepareResponse(ctx: Context, preparation: Preparation, jobId: string | null): PrepareResponse {
  const isSliced = preparation.status === 'completed' && jobId !== null
  const url = isSliced ? `${ctx.settings.marketplaceUrl}/api/print/download-gcode?job_id=${jobId}` : null
  return {
    status: preparation.status,
    purchase_id: preparation.purchaseId,
    preparation_id: preparation.preparationId,
    print_profile_id: preparation.printProfileId,
    printer_id: preparation.printerId,
    gcode_file_url: url,
    gcode_download_url_proxy: url,
    slicing_fee: Number(toAmount(preparation.slicingFee, preparation.feeCurrency)),
    slicing_fee_exact: toMoney(preparation.slicingFee, preparation.feeCurrency),
    ttl_hours: ctx.settings.gcodeTtlHours,
  }
}
