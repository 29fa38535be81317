import type { z } from 'zod'
import type { encryptDataRequest, encryptDataResponse } from '../../schema/http/cws.ts'
import { AppError } from '../../schema/http/errors.ts'
import { type CwsContext, type CwsSettings, requireService } from '../context.ts'
import { sealBlob } from './blob.ts'

// Keys, not files; and what is wrapped must fit into a decrypt-data request again.
const mostBytes = 4096

/**
 * Wraps key material for the service that made it: the bff keeps printers' and models' keys, the slicer its cached slices'.
 * Errors: forbidden, invalid_input.
 */
export async function encryptData(
  ctx: CwsContext,
  input: z.infer<typeof encryptDataRequest>,
): Promise<z.infer<typeof encryptDataResponse>> {
  ctx.concerns(input.context)
  requireService(ctx, ...mayEncrypt(ctx.settings, input.context))
  const data = Buffer.from(input.dataToEncrypt, 'base64')
  try {
    if (data.length === 0 || data.length > mostBytes) {
      throw new AppError('invalid_input', `dataToEncrypt: must be 1 to ${mostBytes} bytes`)
    }
    return { encryptedData: sealBlob(ctx.keyring, input.context, data, ctx.random) }
  } finally {
    data.fill(0)
  }
}

function mayEncrypt({ bffServiceAccount, slicerServiceAccount }: CwsSettings, context: string): string[] {
  return [context.startsWith('cache:') ? slicerServiceAccount : bffServiceAccount]
}
