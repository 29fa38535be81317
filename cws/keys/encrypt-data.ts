import type { z } from 'zod'
import type { encryptDataRequest, encryptDataResponse } from '../../schema/http/cws.ts'
import { AppError } from '../../schema/http/errors.ts'
import { type CwsContext, type CwsSettings, requireService } from '../context.ts'
import { sealBlob } from './blob.ts'

// For keys, not files. The wrapped key must fit into a decrypt-data request.
const maxBytes = 4096

/**
 * Wraps key material of 1 to 4096 bytes. The bff may wrap printers' and models' keys, the slicer the keys of its cached slices.
 * Errors: forbidden, invalid_input.
 */
export async function encryptData(
  ctx: CwsContext,
  input: z.infer<typeof encryptDataRequest>,
): Promise<z.infer<typeof encryptDataResponse>> {
  ctx.setSubject(input.context)
  requireService(ctx, ...servicesFor(ctx.settings, input.context))
  const data = Buffer.from(input.dataToEncrypt, 'base64')
  try {
    if (data.length === 0 || data.length > maxBytes) {
      throw new AppError('invalid_input', `dataToEncrypt must be 1 to ${maxBytes} bytes`)
    }
    return { encryptedData: sealBlob(ctx.keyring, input.context, data, ctx.random) }
  } finally {
    data.fill(0)
  }
}

function servicesFor({ bffServiceAccount, slicerServiceAccount }: CwsSettings, keyContext: string): string[] {
  return [keyContext.startsWith('cache:') ? slicerServiceAccount : bffServiceAccount]
}
