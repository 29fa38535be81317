import { eq } from 'drizzle-orm'
import { scaled } from '../../../runtime/time-scale.ts'
import { slicedCache } from '../../../schema/db/bff/index.ts'
import type { SliceCopy, SliceDetails } from '../../../schema/http/slice.ts'
import type { Context, Queryable } from '../../context.ts'
import { appendMessage } from '../outbox/index.ts'

/**
 * Stores the copy of a new slice, in the transaction that stores the result. An existing copy is replaced: it is of an earlier
 * build, or could not be read.
 */
export async function storeSlice(
  ctx: Context,
  tx: Queryable,
  { key, modelId, copy, details }: { key: string; modelId: string; copy: SliceCopy; details: SliceDetails },
): Promise<void> {
  // A larger copy would remove all others from the cache.
  if (copy.size > ctx.settings.sliceCacheBytes) return removeCopy(ctx, tx, copy.gcs_uri)
  const now = ctx.clock()
  const [before] = await tx.delete(slicedCache).where(eq(slicedCache.sliceKey, key)).returning()
  const [stored] = await tx
    .insert(slicedCache)
    .values({
      sliceKey: key,
      modelId,
      gcsUri: copy.gcs_uri,
      wrappedDek: copy.wrapped_dek,
      size: copy.size,
      sha256: copy.sha256,
      madeBy: copy.made_by,
      details,
      createdAt: now,
      usedAt: now,
      expiresAt: new Date(now.getTime() + scaled(ctx.settings.sliceCacheHours * 3600_000, ctx.settings)),
    })
    // Another preparation has just stored the same slice.
    .onConflictDoNothing()
    .returning()
  if (before) await removeCopy(ctx, tx, before.gcsUri)
  if (!stored) await removeCopy(ctx, tx, copy.gcs_uri)
}

/** Removes the copy of an attempt that no longer counts, unless it is stored. */
export async function dropCopy(ctx: Context, tx: Queryable, uri: string): Promise<void> {
  const [kept] = await tx.select().from(slicedCache).where(eq(slicedCache.gcsUri, uri))
  if (!kept) await removeCopy(ctx, tx, uri)
}

export async function removeCopy(ctx: Context, tx: Queryable, uri: string): Promise<void> {
  await appendMessage(ctx, tx, { channel: 'delete-object', type: 'delete_object', payload: { uri } })
}
