import { and, eq } from 'drizzle-orm'
import { publishedModels } from '../../../schema/db/bff/index.ts'
import type { InspectResponse } from '../../../schema/http/slicer.ts'
import type { Context } from '../../context.ts'

export function isInspecting(modelId: string) {
  return and(eq(publishedModels.modelId, modelId), eq(publishedModels.status, 'inspecting'))
}

/** Has the slicer parse a model that is stored and not published. Errors: the slicer's, cws_unavailable, unavailable. */
export async function inspectStored(ctx: Context, modelId: string): Promise<InspectResponse> {
  const [stored] = await ctx.db.select().from(publishedModels).where(isInspecting(modelId))
  if (!stored?.modelFileMac) throw new Error(`model ${modelId} is not there any more`)
  const grant = await ctx.tokens.grant(modelId, modelId, [`model:${modelId}`])
  return ctx.inspect({
    model_id: modelId,
    stl_gcs_uri: stored.fileUrl,
    stl_dek: stored.modelDek,
    stl_iv: stored.modelFileIv,
    stl_mac: stored.modelFileMac,
    cws_token: grant.token,
    units: stored.units,
  })
}
