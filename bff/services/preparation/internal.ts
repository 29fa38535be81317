import { and, eq, inArray, type SQL } from 'drizzle-orm'
import { preparationPreviews, preparations } from '../../../schema/db/bff/index.ts'
import type { PreparationStatus } from '../../../schema/http/preparations.ts'
import type { Context, Queryable } from '../../context.ts'
import { appendMessage } from '../outbox/index.ts'
import { lockPrinter } from '../printer/index.ts'

export type Preparation = typeof preparations.$inferSelect

const endStates: readonly PreparationStatus[] = ['failed', 'expired', 'cancelled']
/** Ended preparations drop their pictures, which are most of their bytes. */
const noPictures = { thumbnail: null, thumbnailSmall: null }

/**
 * The only way a preparation changes its state: one conditional UPDATE. Null when it is in none of `from`, or `when` is false.
 * At the end, the pictures of its layers are deleted.
 */
export async function movePreparation(
  ctx: Pick<Context, 'clock'>,
  tx: Queryable,
  preparationId: string,
  move: {
    from: readonly PreparationStatus[]
    to: PreparationStatus
    set?: Partial<typeof preparations.$inferInsert>
    when?: SQL | undefined
  },
): Promise<Preparation | null> {
  const [moved] = await tx
    .update(preparations)
    .set({ ...move.set, ...(endStates.includes(move.to) && noPictures), status: move.to, updatedAt: ctx.clock() })
    .where(and(eq(preparations.preparationId, preparationId), inArray(preparations.status, [...move.from]), move.when))
    .returning()
  if (moved && endStates.includes(move.to)) {
    await tx.delete(preparationPreviews).where(eq(preparationPreviews.preparationId, preparationId))
  }
  return moved ?? null
}

/**
 * The only object that an attempt may write: its sealed G-code. Each attempt has its own, so that a late one cannot overwrite
 * another's, which is sealed with another key.
 */
export function gcodeUri({ bucket }: Pick<Context, 'bucket'>, preparationId: string, leaseId: string): string {
  return bucket.uri(`gcode/${preparationId}/${leaseId}.lmnt`)
}

/** Locks the printer of a preparation; call it before you lock the preparation. False when the printer is removed. */
export async function lockPrinterOf(tx: Queryable, preparationId: string): Promise<boolean> {
  const byId = eq(preparations.preparationId, preparationId)
  const [found] = await tx.select({ printerId: preparations.printerId }).from(preparations).where(byId)
  return found !== undefined && lockPrinter(tx, found.printerId)
}

/** Adds a message that deletes a preparation's sealed G-code from the bucket, if it has any. */
export async function deleteGcode(ctx: Context, tx: Queryable, preparation: Preparation): Promise<void> {
  if (preparation.gcodeFileUrl) await deleteObject(ctx, tx, preparation.gcodeFileUrl)
}

export async function deleteObject(ctx: Context, tx: Queryable, uri: string): Promise<void> {
  await appendMessage(ctx, tx, { channel: 'delete-object', type: 'delete_object', payload: { uri } })
}
