import { and, desc, eq, inArray, type SQL, sql } from 'drizzle-orm'
import { preparations, printJobs } from '../../../schema/db/bff/index.ts'
import { AppError } from '../../../schema/http/errors.ts'
import { toAmount, toMoney } from '../../../schema/http/money.ts'
import type { PrepareResponse, PrepareStatusResponse } from '../../../schema/http/preparations.ts'
import { activeJobStates, liveJobStates } from '../../../schema/http/print-jobs.ts'
import { type Context, requireUser } from '../../context.ts'
import { purchaseOfUser } from '../purchase/index.ts'
import type { Preparation } from './internal.ts'
import { listPreviews } from './previews.ts'

type PrintJob = typeof printJobs.$inferSelect

/**
 * The state of a purchase's preparation and of its print. While an older preparation is being printed, describes that one,
 * and the newest in `newer_preparation`. Errors: not_found, forbidden.
 */
export async function prepareStatus(ctx: Context, purchaseId: string): Promise<PrepareStatusResponse> {
  const { userId } = requireUser(ctx)
  await purchaseOfUser(ctx.db, purchaseId, userId)
  const newest = await findPreparation(ctx, eq(preparations.purchaseId, purchaseId))
  if (!newest) throw new AppError('not_found', `Purchase ${purchaseId} is not prepared. Call POST /api/prepare first.`)
  const live = await liveJob(ctx, purchaseId)
  const isPrinting = live !== undefined && activeJobStates.some(state => state === live.status)
  const printed = isPrinting && (await findPreparation(ctx, eq(preparations.preparationId, live.preparationId)))
  const shown = printed || newest
  const job = live ?? (await newestJob(ctx, shown.preparationId))
  return {
    ...toPrepareResponse(ctx, shown),
    status: isPrinting ? 'printing' : shown.status,
    step: shown.step,
    progress: shown.progress,
    error: errorOf(shown),
    warnings: shown.warnings,
    totals: shown.totals,
    gcode_ttl_expiry: shown.gcodeTtlExpiry?.toISOString() ?? null,
    previews: await listPreviews(ctx, shown.preparationId),
    print_status: job?.status ?? null,
    print_error: shown.printError ?? job?.error ?? null,
    print_job_id: job?.printJobId ?? null,
    newer_preparation: shown.preparationId === newest.preparationId ? null : toNewer(newest),
  }
}

/** A preparation as its owner sees it. */
export function toPrepareResponse(ctx: Context, preparation: Preparation): PrepareResponse {
  const { preparationId, status, slicingFee, feeCurrency } = preparation
  const proxy = `${ctx.settings.marketplaceUrl}/api/print/download-gcode`
  const url = status === 'completed' ? `${proxy}?preparation_id=${preparationId}` : null
  return {
    status,
    purchase_id: preparation.purchaseId,
    preparation_id: preparationId,
    print_profile_id: preparation.printProfileId,
    printer_id: preparation.printerId,
    overrides: preparation.overrides,
    gcode_file_url: url,
    gcode_download_url_proxy: url,
    slicing_fee: Number(toAmount(slicingFee, feeCurrency)),
    slicing_fee_exact: toMoney(slicingFee, feeCurrency),
    renews: preparation.renews,
    ttl_hours: ctx.settings.gcodeTtlHours,
  }
}

function toNewer(preparation: Preparation): PrepareStatusResponse['newer_preparation'] {
  return {
    preparation_id: preparation.preparationId,
    print_profile_id: preparation.printProfileId,
    printer_id: preparation.printerId,
    status: preparation.status,
    step: preparation.step,
    progress: preparation.progress,
    error: errorOf(preparation),
  }
}

function errorOf({ errorCode, error }: Preparation): PrepareStatusResponse['error'] {
  return errorCode ? { code: errorCode, message: error ?? '' } : null
}

async function findPreparation(ctx: Context, which: SQL): Promise<Preparation | undefined> {
  const newestFirst = desc(preparations.createdAt)
  return (await ctx.db.select().from(preparations).where(which).orderBy(newestFirst).limit(1))[0]
}

/** The purchase's active job, else a queued one. */
async function liveJob(ctx: Context, purchaseId: string): Promise<PrintJob | undefined> {
  const isLive = inArray(printJobs.status, [...liveJobStates])
  const [live] = await ctx.db
    .select()
    .from(printJobs)
    .where(and(eq(printJobs.purchaseId, purchaseId), isLive))
    .orderBy(sql`${printJobs.status} = 'queued'`, desc(printJobs.createdAt))
    .limit(1)
  return live
}

async function newestJob(ctx: Context, preparationId: string): Promise<PrintJob | undefined> {
  const [newest] = await ctx.db
    .select()
    .from(printJobs)
    .where(eq(printJobs.preparationId, preparationId))
    .orderBy(desc(printJobs.createdAt))
    .limit(1)
  return newest
}
