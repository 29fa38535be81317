import { and, eq } from 'drizzle-orm'
import { modelLicenses, modelNftSettings, publishedModels } from '../../../schema/db/bff/index.ts'
import { AppError } from '../../../schema/http/errors.ts'
import { modelMaxBytes } from '../../../schema/http/model-limits.ts'
import {
  type LicenseTerms,
  type ModelMetadata,
  type ModelResponse,
  type ModelView,
  modelMetadata,
} from '../../../schema/http/models.ts'
import { type Currency, toUnits } from '../../../schema/http/money.ts'
import { scaleLimits } from '../../../schema/http/overrides.ts'
import { type Context, requireUser } from '../../context.ts'
import { type FormRequest, readForm, skipFile } from '../../multipart.ts'
import type { Operation } from '../idempotency/index.ts'
import { treasuryOf } from '../wallet/index.ts'
import { discardModel, discardModelsOf } from './discard.ts'
import { getModel } from './get.ts'
import { inspectStored, isInspecting } from './inspect-stored.ts'
import { parseMetadata } from './metadata.ts'
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
    await describe(ctx, received, parseMetadata(fields.get('metadata'), modelMetadata))
    await publish(ctx, received)
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

/** Stores the title, description, units, terms of scaling and licences of the received model. */
async function describe(ctx: Context, received: ReceivedModel, metadata: ModelMetadata): Promise<void> {
  const { modelId, size, mac } = received
  const licenses = metadata.licenses.map(terms => ({
    modelId,
    licenseType: terms.license_type,
    priceHbar: priceIn('hbar', terms.price_hbar),
    pricePrint: priceIn('print', terms.price_print),
    printsAllowed: terms.prints_allowed,
  }))
  const { title, description, units, nft_id: nftId } = metadata
  await ctx.db.transaction(async tx => {
    await tx
      .update(publishedModels)
      .set({ title, description, units, ...scalingOf(metadata), size, modelFileMac: mac.toString('base64') })
      .where(eq(publishedModels.modelId, modelId))
    await tx.insert(modelLicenses).values(licenses)
    if (nftId) await tx.insert(modelNftSettings).values({ modelId, nftId })
  })
}

/** Null limits: buyers print the model at its own size. */
function scalingOf({ allow_scaling, scale_min_percent, scale_max_percent }: ModelMetadata) {
  if (!allow_scaling) return { scaleMin: null, scaleMax: null }
  const { min, max } = scaleLimits.usual
  return { scaleMin: scale_min_percent ?? min, scaleMax: scale_max_percent ?? max }
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
async function publish(ctx: Context, { modelId }: ReceivedModel): Promise<void> {
  const inspected = await inspectStored(ctx, modelId)
  if (inspected.fault) throw new AppError(inspected.fault.code, inspected.fault.message)
  const picture = (view: ModelView) => pictureOf(inspected.thumbnails.find(one => one.view === view)?.png)
  const published = await ctx.db
    .update(publishedModels)
    .set({
      status: 'published',
      triangles: inspected.triangles,
      sizeX: inspected.dimensions_mm.x,
      sizeY: inspected.dimensions_mm.y,
      sizeZ: inspected.dimensions_mm.z,
      warnings: inspected.warnings,
      thumbnail: pictureOf(inspected.thumbnail),
      thumbnailFront: picture('front'),
      thumbnailSide: picture('side'),
      thumbnailTop: picture('top'),
    })
    .where(isInspecting(modelId))
    .returning({ modelId: publishedModels.modelId })
  if (published.length === 0) {
    throw new AppError('request_in_progress', 'Another attempt of this request is in progress. Repeat it in a moment.')
  }
}

function pictureOf(png: string | undefined): Buffer | null {
  return png === undefined ? null : Buffer.from(png, 'base64')
}
