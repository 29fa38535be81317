import type { z } from 'zod'
import type { decryptDataRequest, decryptDataResponse } from '../../schema/http/cws.ts'
import { type CwsContext, requireGrant } from '../context.ts'
import { openBlob, statedKeyContext } from './blob.ts'
import { countOpening } from './openings.ts'

/**
 * Opens one wrapped key for the holder of a grant that lists the key's context. The only operation that the internet can
 * reach: the grant limits which keys, and our own count limits how often for each job.
 * Errors: forbidden, key_context_mismatch, key_blob_invalid, job_ended, openings_exhausted.
 */
export async function decryptData(
  ctx: CwsContext,
  input: z.infer<typeof decryptDataRequest>,
): Promise<z.infer<typeof decryptDataResponse>> {
  const grant = requireGrant(ctx)
  const allowed: readonly string[] = grant.contexts
  ctx.setSubject(statedKeyContext(input.dataToDecrypt))
  const data = openBlob(ctx.keyring, input.dataToDecrypt, keyContext => allowed.includes(keyContext))
  try {
    await countOpening(ctx, grant.job)
    return { decryptedData: data.toString('base64') }
  } finally {
    data.fill(0)
  }
}
