/** Wrapped keys: the DEK of a G-code is sent as a textual Fernet token under the printer's PSEK. */
import { AppError } from '../http/errors.ts'
import { type FernetKey, openToken, type SealOptions, sealToken } from './fernet.ts'

const keySize = 32

/**
 * Wraps a DEK under a PSEK. The token contains the key's 32 bytes, not its base64url text: the process that opens it can wipe
 * bytes, but not a string.
 */
export function wrapKey(psek: FernetKey, dek: FernetKey, options: SealOptions = {}): string {
  if (dek.length !== keySize) throw new RangeError(`a DEK has ${keySize} bytes`)
  return sealToken(psek, dek, options)
}

/**
 * Opens a wrapped DEK and ignores the token's time. The caller wipes the DEK after use.
 * Errors: key_blob_invalid.
 */
export function unwrapKey(psek: FernetKey, token: string): FernetKey {
  const dek = open(psek, token)
  if (dek.length !== keySize) {
    wipe(dek)
    throw new AppError('key_blob_invalid', 'The wrapped key does not hold a key.')
  }
  return dek
}

function open(psek: FernetKey, token: string): Buffer {
  try {
    return openToken(psek, token, { ignoreClock: true })
  } catch (cause) {
    throw new AppError('key_blob_invalid', 'The wrapped key was altered, or belongs to another printer.', { cause })
  }
}

/** Overwrites key material. Copies that the JavaScript engine made cannot be reached. */
export function wipe(...buffers: (Uint8Array | null | undefined)[]): void {
  for (const buffer of buffers) buffer?.fill(0)
}
