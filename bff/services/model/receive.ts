import { pipeline } from 'node:stream/promises'
import { and, desc, eq, gt } from 'drizzle-orm'
import { publishedModels } from '../../../schema/db/bff/index.ts'
import { wipe } from '../../../schema/gcode/keys.ts'
import { encryptModel } from '../../../schema/gcode/model.ts'
import { newId } from '../../../schema/http/ids.ts'
import type { Context } from '../../context.ts'
import { dayStart, requireDailyQuota } from '../quota.ts'
import { countUse } from '../throttle.ts'
import { lockUserRow } from '../user.ts'
import { discardModel } from './discard.ts'

export interface ReceivedModel {
  modelId: string
  size: number
  mac: Buffer
}

/**
 * Stores a model while it arrives, encrypted under its own key. The row is stored first, so that every file in the bucket has a row
 * after a crash. It has no title yet: the form's fields may follow the file.
 * Errors: too_many_requests (the designer's uploads and models of the day), cws_unavailable, unavailable.
 */
export async function receiveModel(
  ctx: Context,
  owner: { designerId: string; treasury: string; operation: string | null },
  content: AsyncIterable<Buffer>,
): Promise<ReceivedModel> {
  await countUse(ctx, { kind: 'upload', name: owner.designerId })
  const modelId = newId('model', ctx.random)
  const name = `models/${modelId}.stl.enc`
  const dek = ctx.random(32)
  const iv = ctx.random(16)
  try {
    const modelDek = await ctx.cws.encrypt(dek, `model:${modelId}`)
    await storeModel(ctx, {
      modelId,
      designerId: owner.designerId,
      title: '',
      description: '',
      status: 'inspecting',
      fileUrl: ctx.bucket.uri(name),
      modelDek,
      modelFileIv: iv.toString('base64'),
      tokenTreasuryAccountId: owner.treasury,
      operation: owner.operation,
      createdAt: ctx.clock(),
    })
    return { modelId, ...(await seal(ctx, name, content, { dek, iv })) }
  } catch (error) {
    await discardModel(ctx, modelId)
    throw error
  } finally {
    wipe(dek)
  }
}

/** Refused models have no row, so they count as uploads only. */
function storeModel(ctx: Context, row: typeof publishedModels.$inferInsert): Promise<void> {
  const { modelsPerDay } = ctx.settings
  const { designerId } = row
  return ctx.db.transaction(async tx => {
    await lockUserRow(tx, designerId)
    const made = await tx
      .select({ at: publishedModels.createdAt })
      .from(publishedModels)
      .where(and(eq(publishedModels.designerId, designerId), gt(publishedModels.createdAt, dayStart(ctx))))
      .orderBy(desc(publishedModels.createdAt))
      .limit(modelsPerDay)
    requireDailyQuota(
      ctx,
      made.map(({ at }) => at),
      modelsPerDay,
      'models are published by one designer',
    )
    await tx.insert(publishedModels).values(row)
  })
}

async function seal(ctx: Context, name: string, content: AsyncIterable<Buffer>, key: { dek: Buffer; iv: Buffer }) {
  let size = 0
  async function* counted() {
    for await (const piece of content) {
      size += piece.length
      yield piece
    }
  }
  const encryption = encryptModel(key)
  const sealing = pipeline(counted, encryption.stream)
  // If one fails, the other fails, too. The upload's error is the one that is reported.
  sealing.catch(() => {})
  await ctx.bucket.write(name, encryption.stream)
  await sealing
  return { size, mac: encryption.mac() }
}
