import { eq } from 'drizzle-orm'
import { preparations, publishedModels, purchases } from '../../../schema/db/bff/index.ts'
import { isAppError } from '../../../schema/http/errors.ts'
import type { PrintRequest, PrintResponse } from '../../../schema/http/print-jobs.ts'
import type { Context } from '../../context.ts'
import { idFor } from '../idempotency/index.ts'
import { renewPreparation } from '../preparation/index.ts'
import { requestPrint } from './request.ts'

/**
 * Requests a print; where the G-code has expired, it is prepared again first, without a fee, and the print is queued when it is
 * ready. The same `operation` again finds the same job or preparation. Errors: those of requestPrint and renewPreparation.
 */
export async function printOrRenew(ctx: Context, input: PrintRequest, operation?: string): Promise<PrintResponse> {
  const preparationId = idFor(ctx, 'preparation', operation)
  // Before the print: a renewal of this operation may be ready by now, and has queued the print.
  const earlier = operation === undefined ? undefined : await findPreparing(ctx, preparationId)
  if (earlier) return earlier
  try {
    return await requestPrint(ctx, input, operation)
  } catch (error) {
    if (!ctx.settings.autoPrepare || !isAppError(error, 'gcode_expired')) throw error
  }
  const printerId = ctx.actor?.kind === 'printer' ? ctx.actor.printerId : input.printer_id
  try {
    await renewPreparation(ctx, { purchase_id: input.purchase_id, printer_id: printerId }, preparationId)
  } catch (error) {
    // A twin of this request was faster.
    if (!(await findPreparing(ctx, preparationId))) throw error
  }
  return (await findPreparing(ctx, preparationId))!
}

async function findPreparing(ctx: Context, preparationId: string): Promise<PrintResponse | undefined> {
  const [row] = await ctx.db
    .select({ preparation: preparations, title: publishedModels.title })
    .from(preparations)
    .innerJoin(purchases, eq(purchases.purchaseId, preparations.purchaseId))
    .innerJoin(publishedModels, eq(publishedModels.modelId, purchases.modelId))
    .where(eq(preparations.preparationId, preparationId))
  if (!row) return undefined
  const then = 'It is being prepared again, without a fee, and the print comes to the printer when it is ready.'
  return {
    status: 'preparing',
    purchase_id: row.preparation.purchaseId,
    print_job_id: null,
    printer_id: row.preparation.printerId,
    preparation_id: preparationId,
    message: `The G-code of "${row.title}" has expired. ${then}`,
  }
}
