import { and, eq } from 'drizzle-orm'
import { parse } from '../../../runtime/http.ts'
import { modelLicenses, modelNftSettings, publishedModels } from '../../../schema/db/bff/index.ts'
import { AppError, isAppError } from '../../../schema/http/errors.ts'
import { parseJson } from '../../../schema/http/json.ts'
import {
  type LicenseTerms,
  type ModelMetadata,
  type ModelResponse,
  modelMaxBytes,
  modelMetadata,
} from '../../../schema/http/models.ts'
import { type Currency, toUnits } from '../../../schema/http/money.ts'
import { type Context, requireUser } from '../../context.ts'
import { type FormRequest, readForm, skipFile } from '../../multipart.ts'
import type { Operation } from '../idempotency/index.ts'
import { treasuryOf } from '../wallet/index.ts'
import { discardModel, discardModelsOf } from './discard.ts'
import { getModel } from './get.ts'
import { type ReceivedModel, receiveModel } from './receive.ts'

const fileRules = { file: 'model', maxFileBytes: modelMaxBytes }

/**
 * A designer publishes a model. The form has the file in `model`, and title, description and licences as JSON in `metadata`. The file is
 * encrypted while it arrives; then the slicer parses it. If a step fails, nothing remains. Repeating an `operation`, also after
 * a crash, publishes one model.
 * Errors: forbidden, payload_too_large, invalid_input, too_many_requests, the slicer's codes for a model, cws_unavailable,
 * unavailable.
 */
export async function publishModel(ctx: Context, request: FormRequest, operation?: Operation): Promise<ModelResponse> {
  const { userId: designerId, role } = requireUser(ctx)
  if (role !== 'designer') throw new AppError('forbidden', 'Only designers can publish models. Register as a designer.')
  const earlier = operation && (await publishedBy(ctx, operation))
  if (operation && earlier) {
    const { fingerprint } = await readForm(request, { ...fileRules, onFile: skipFile })
    await operation.admit(fingerprint)
    return getModel(ctx, earlier)
  }
  // Remove the model of an earlier attempt whose process died or hangs, so that it cannot be published as well.
  if (operation) await discardModelsOf(ctx, operation.id)
  try {
    return await receiveAndPublish(ctx, request, designerId, operation)
  } catch (error) {
    // A concurrent attempt of the same operation has published it.
    const twin = operation && (await publishedBy(ctx, operation))
    if (twin) return getModel(ctx, twin)
    throw error
  }
}

async function receiveAndPublish(
  ctx: Context,
  request: FormRequest,
  designerId: string,
  operation: Operation | undefined,
): Promise<ModelResponse> {
  const { accountId: treasury } = await treasuryOf(ctx, designerId)
  let received: ReceivedModel | undefined
  try {
    const { fields, fingerprint } = await readForm(request, {
      ...fileRules,
      onFile: async content => {
        received = await receiveModel(ctx, { designerId, treasury, operation: operation?.id ?? null }, content)
      },
    })
    await operation?.admit(fingerprint)
    if (!received) throw new AppError('invalid_input', 'model: the form has no such file.')
    await describe(ctx, received, readMetadata(fields.get('metadata')))
    await inspect(ctx, received)
    return await getModel(ctx, received.modelId)
  } catch (error) {
    if (received) await discardModel(ctx, received.modelId)
    throw error
  }
}

/** The model that an earlier attempt published, if its answer was lost. */
async function publishedBy(ctx: Context, operation: Operation): Promise<string | undefined> {
  const byOperation = and(eq(publishedModels.operation, operation.id), eq(publishedModels.status, 'published'))
  const [model] = await ctx.db.select({ modelId: publishedModels.modelId }).from(publishedModels).where(byOperation)
  return model?.modelId
}

function readMetadata(text: string | undefined): ModelMetadata {
  if (text === undefined) throw new AppError('invalid_input', 'metadata: the form has no such field.')
  try {
    return parse(modelMetadata, parseJson(text))
  } catch (error) {
    if (isAppError(error, 'bad_request'))
      throw new AppError('invalid_input', 'metadata: must be JSON.', { cause: error })
    throw error
  }
}

/** Stores the title, description and licences of the received model. */
async function describe(ctx: Context, received: ReceivedModel, metadata: ModelMetadata): Promise<void> {
  const { modelId, size, mac } = received
  const licenses = metadata.licenses.map(terms => ({
    modelId,
    licenseType: terms.license_type,
    priceHbar: priceIn('hbar', terms.price_hbar),
    pricePrint: priceIn('print', terms.price_print),
    printsAllowed: terms.prints_allowed,
  }))
  const { title, description, nft_id: nftId } = metadata
  await ctx.db.transaction(async tx => {
    await tx
      .update(publishedModels)
      .set({ title, description, size, modelFileMac: mac.toString('base64') })
      .where(eq(publishedModels.modelId, modelId))
    await tx.insert(modelLicenses).values(licenses)
    if (nftId) await tx.insert(modelNftSettings).values({ modelId, nftId })
  })
}

function priceIn(currency: Currency, price: LicenseTerms['price_hbar']): bigint | null {
  if (price === null) return null
  const units = unitsOf(price, currency)
  if (units === 0n) throw new AppError('invalid_input', `licenses: price_${currency} must be more than 0, or null.`)
  return units
}

function unitsOf(price: string, currency: Currency): bigint {
  try {
    return toUnits(price, currency)
  } catch (error) {
    throw new AppError('invalid_input', `licenses: price_${currency}: ${(error as RangeError).message}.`)
  }
}

/** Asks the slicer to inspect the stored file, and publishes it. A refusal of the slicer becomes the answer. */
async function inspect(ctx: Context, { modelId }: ReceivedModel): Promise<void> {
  const byId = and(eq(publishedModels.modelId, modelId), eq(publishedModels.status, 'inspecting'))
  const [stored] = await ctx.db.select().from(publishedModels).where(byId)
  if (!stored?.modelFileMac) throw new Error(`model ${modelId} is not there any more`)
  const grant = await ctx.tokens.grant(modelId, modelId, [`model:${modelId}`])
  const inspected = await ctx.inspect({
    model_id: modelId,
    stl_gcs_uri: stored.fileUrl,
    stl_dek: stored.modelDek,
    stl_iv: stored.modelFileIv,
    stl_mac: stored.modelFileMac,
    cws_token: grant.token,
  })
  const published = await ctx.db
    .update(publishedModels)
    .set({
      status: 'published',
      triangles: inspected.triangles,
      sizeX: inspected.dimensions_mm.x,
      sizeY: inspected.dimensions_mm.y,
      sizeZ: inspected.dimensions_mm.z,
      warnings: inspected.warnings,
      thumbnail: Buffer.from(inspected.thumbnail, 'base64'),
    })
    .where(byId)
    .returning({ modelId: publishedModels.modelId })
  if (published.length === 0) {
    throw new AppError('request_in_progress', 'Another attempt of this request is in progress. Repeat it in a moment.')
  }
}
