import { eq } from 'drizzle-orm'
import { preparations, printers, printProfiles, publishedModels, purchases } from '../../../schema/db/bff/index.ts'
import type { GetPrintJobResponse } from '../../../schema/http/print-jobs.ts'
import type { Context } from '../../context.ts'
import { describePrepared, preparedColumns } from '../preparation/index.ts'
import type { PrintJob } from './internal.ts'

/** Describes a job to its printer: wrapped keys, our own addresses, and a grant to open its key. */
export async function describeClaim(ctx: Context, job: PrintJob): Promise<GetPrintJobResponse> {
  const [row] = await ctx.db
    .select({ preparation: preparations, psek: printers.kekEncryptedPsek, shown: preparedColumns })
    .from(preparations)
    .innerJoin(printers, eq(printers.printerId, preparations.printerId))
    .innerJoin(purchases, eq(purchases.purchaseId, preparations.purchaseId))
    .innerJoin(publishedModels, eq(publishedModels.modelId, purchases.modelId))
    .innerJoin(printProfiles, eq(printProfiles.printProfileId, preparations.printProfileId))
    .where(eq(preparations.preparationId, job.preparationId))
  const sealed = row?.preparation
  if (!sealed?.psekEncryptedGcodeDek || !sealed.gcodeSize || !sealed.gcodeSha256) {
    throw new Error(`print job ${job.printJobId} has a preparation without a slice`)
  }
  const grant = await ctx.tokens.grant(job.printerId, job.printJobId, [`printer:${job.printerId}`])
  const downloadUrl = `${ctx.settings.marketplaceUrl}/api/print/download-gcode?job_id=${job.printJobId}`
  return {
    ...describePrepared(sealed, row!.shown),
    print_job_id: job.printJobId,
    user_id: job.userId,
    status: job.status === 'printing' ? 'printing' : 'claimed',
    cancel_requested: job.cancelRequested,
    pause_requested: job.pauseRequested,
    gcode_download_url_proxy: downloadUrl,
    gcode_file_url: downloadUrl,
    psek_encrypted_gcode_dek: sealed.psekEncryptedGcodeDek,
    // The wrapped key under the contract's older name; never the key in clear.
    gcode_dek: sealed.psekEncryptedGcodeDek,
    kek_encrypted_psek_for_gcode_encryption: row!.psek,
    // Two older names of the wrapped PSEK. It names its KEK's version itself, so that it also serves as `kek_id`.
    encrypted_psek: row!.psek,
    kek_id: row!.psek,
    size: sealed.gcodeSize,
    sha256: sealed.gcodeSha256,
    cws_token: grant.token,
    cws_url: ctx.settings.cwsUrl,
  }
}
