import { eq } from 'drizzle-orm'
import { publishedModels } from '../../../schema/db/bff/index.ts'
import { AppError } from '../../../schema/http/errors.ts'
import { modelMaxBytes } from '../../../schema/http/model-limits.ts'
import { type InspectModelResponse, inspectModelMetadata } from '../../../schema/http/models.ts'
import { type Context, requireUser } from '../../context.ts'
import { type FormRequest, readForm } from '../../multipart.ts'
import { discardModel } from './discard.ts'
import { inspectStored } from './inspect-stored.ts'
import { parseMetadata } from './metadata.ts'
import { type ReceivedModel, receiveModel } from './receive.ts'

/**
 * Inspects a model file for a designer before it is published: size, warnings, pictures. The file is stored encrypted, as for a
 * published model, and deleted afterwards; nothing is published or charged, and no row remains.
 * Errors: forbidden, payload_too_large, invalid_input, too_many_requests, the slicer's codes for a model, cws_unavailable,
 * unavailable.
 */
export async function inspectModel(ctx: Context, request: FormRequest): Promise<InspectModelResponse> {
  const { userId: designerId, role } = requireUser(ctx)
  if (role !== 'designer') throw new AppError('forbidden', 'Only designers inspect models.')
  let received: ReceivedModel | undefined
  try {
    const { fields } = await readForm(request, {
      file: 'model',
      maxFileBytes: modelMaxBytes,
      onFile: async content => {
        // No treasury: this row is never published.
        received = await receiveModel(ctx, { designerId, treasury: '', operation: null }, content)
      },
    })
    if (!received) throw new AppError('invalid_input', 'model: the form has no such file.')
    const { modelId, size, mac } = received
    const { units } = parseMetadata(fields.get('metadata') ?? '{}', inspectModelMetadata)
    await ctx.db
      .update(publishedModels)
      .set({ size, units, modelFileMac: mac.toString('base64') })
      .where(eq(publishedModels.modelId, modelId))
    const { thumbnail: _, ...answer } = await inspectStored(ctx, modelId)
    return answer
  } finally {
    if (received) await discardModel(ctx, received.modelId)
  }
}
