import { and, eq, gt } from 'drizzle-orm'
import { slicedCache } from '../../../schema/db/bff/index.ts'
import type { KeyContext } from '../../../schema/http/cws.ts'
import type { SliceCache } from '../../../schema/http/preparations.ts'
import type { Context } from '../../context.ts'
import { type SliceInput, sliceKey } from './slice-key.ts'

/** The key of a slice of `input`; null when the cache is off. */
export function keyOf({ settings }: Pick<Context, 'settings'>, input: SliceInput): string | null {
  return settings.sliceCacheBytes === 0 ? null : sliceKey(input)
}

/**
 * The data for a slicer to reuse a cached slice with this key, or to keep a copy of a new one. The slicer compares the entry's
 * build with its own.
 */
export async function findSlice(
  ctx: Context,
  { key, modelId }: { key: string; modelId: string },
  attempt: { preparationId: string; leaseId: string },
): Promise<SliceCache> {
  const now = ctx.clock()
  const [entry] = await ctx.db
    .update(slicedCache)
    .set({ usedAt: now })
    .where(and(eq(slicedCache.sliceKey, key), gt(slicedCache.expiresAt, now)))
    .returning()
  const hit = entry && {
    copy: {
      gcs_uri: entry.gcsUri,
      size: entry.size,
      sha256: entry.sha256,
      wrapped_dek: entry.wrappedDek,
      made_by: entry.madeBy,
    },
    details: entry.details,
  }
  return { key_context: contextOf(modelId, key), copy_gcs_uri: copyUri(ctx, attempt), hit: hit ?? null }
}

/** Names the model as well as the key, so that a grant for one model's slice opens no other model's. */
function contextOf(modelId: string, key: string): KeyContext {
  return `cache:${modelId}:${key}`
}

/** The only object to which an attempt may copy its slice. Each attempt has its own, as for its G-code. */
export function copyUri(
  { bucket }: Pick<Context, 'bucket'>,
  { preparationId, leaseId }: { preparationId: string; leaseId: string },
): string {
  return bucket.uri(`cache/${preparationId}/${leaseId}.lmnt`)
}
