import { wipe } from '../../schema/gcode/keys.ts'
import { decryptModel } from '../../schema/gcode/model.ts'
import { AppError } from '../../schema/http/errors.ts'
import { modelMaxBytes } from '../../schema/http/model-limits.ts'
import type { Context } from '../context.ts'

/** The object of a stored model, and its wrapped key, IV and MAC in base64, as messages carry them. */
export interface StoredModel {
  stl_gcs_uri: string
  stl_dek: string
  stl_iv: string
  stl_mac: string
}

const keySize = 32
/** CBC pads with up to one block. */
const paddingSize = 16

/**
 * Fetches a model, verifies its MAC and decrypts it in memory.
 * Errors: model_corrupt, key_blob_invalid, key_context_mismatch, cws_unavailable, unavailable.
 */
export async function fetchModel(
  ctx: Context,
  stored: StoredModel,
  grant: string,
  signal: AbortSignal,
): Promise<Buffer> {
  const opening = openKey(ctx, grant, stored.stl_dek, signal)
  try {
    const [ciphertext, dek] = await Promise.all([
      ctx.storage.read(stored.stl_gcs_uri, { maxBytes: modelMaxBytes + paddingSize, signal }),
      opening,
    ])
    const iv = Buffer.from(stored.stl_iv, 'base64')
    return decryptModel(ciphertext, { dek, iv, mac: Buffer.from(stored.stl_mac, 'base64') })
  } finally {
    // After a failed download the key may still be arriving.
    opening.then(wipe, () => {})
  }
}

/** Opens a wrapped key of 32 bytes, the size of all our keys. The caller wipes it. Errors: key_blob_invalid, those of the CWS. */
export async function openKey(ctx: Context, grant: string, blob: string, signal: AbortSignal): Promise<Buffer> {
  const key = await ctx.openKey(grant, blob, signal)
  if (key.length === keySize) return key
  wipe(key)
  throw new AppError('key_blob_invalid', 'The wrapped key does not hold a key.')
}
