/**
 * The format of a wrapped key outside this service: base64 of
 *
 *     u8 format (1) | u16 KEK version | u8 length | key context | 12-byte IV | ciphertext | 16-byte tag
 *
 * AES-256-GCM; the bytes before the IV are the AAD. The key context (such as `printer:<id>`) names the key's owner, and its first
 * word selects the kind of KEK. The key context is in clear, so that a blob and a grant are all that decrypt-data needs.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { AppError } from '../../schema/http/errors.ts'
import type { RandomBytes } from '../../schema/http/ids.ts'
import { type KeyKind, type Keyring, keyKinds } from './keyring.ts'

const formatByte = 1
const keyContextForm = /^[a-z]+:[A-Za-z0-9_:-]{1,100}$/
const headBytes = 4
const ivBytes = 12
const tagBytes = 16
const cipherName = 'aes-256-gcm'

/** Wraps `data` under the newest KEK of the key context's kind and binds it to the key context. Errors: key_blob_invalid. */
export function sealBlob(keyring: Keyring, keyContext: string, data: Buffer, randomBytes: RandomBytes): string {
  const { version, key } = keyring.current(kindOf(keyContext))
  const keyContextBytes = Buffer.from(keyContext, 'utf8')
  const head = Buffer.alloc(headBytes)
  head.writeUInt8(formatByte, 0)
  head.writeUInt16BE(version, 1)
  head.writeUInt8(keyContextBytes.length, 3)
  const aad = Buffer.concat([head, keyContextBytes])
  const iv = randomBytes(ivBytes)
  const cipher = createCipheriv(cipherName, key, iv).setAAD(aad)
  const ciphertext = Buffer.concat([cipher.update(data), cipher.final()])
  return Buffer.concat([aad, iv, ciphertext, cipher.getAuthTag()]).toString('base64')
}

/**
 * Opens a blob whose key context `isAllowed` accepts. The caller wipes the returned Buffer after use.
 * Errors: key_context_mismatch, key_blob_invalid (not a blob of ours, damaged, or under a KEK that we do not have).
 */
export function openBlob(keyring: Keyring, blob: string, isAllowed: (keyContext: string) => boolean): Buffer {
  const { keyContext, version, aad, iv, ciphertext, tag } = readBlob(blob)
  if (!isAllowed(keyContext)) throw new AppError('key_context_mismatch', 'Your grant does not cover this key.')
  const key = keyring.find(kindOf(keyContext), version)
  if (!key) throw invalid()
  const decipher = createDecipheriv(cipherName, key, iv, { authTagLength: tagBytes }).setAAD(aad).setAuthTag(tag)
  const data = decipher.update(ciphertext)
  try {
    decipher.final()
  } catch {
    data.fill(0)
    throw invalid()
  }
  return data
}

/** The key context that a blob states, not authenticated: only openBlob verifies it. Errors: key_blob_invalid. */
export function statedKeyContext(blob: string): string {
  return readBlob(blob).keyContext
}

function readBlob(blob: string) {
  const bytes = Buffer.from(blob, 'base64')
  if (bytes.length < headBytes || bytes.readUInt8(0) !== formatByte) throw invalid()
  const ivStart = headBytes + bytes.readUInt8(3)
  const dataStart = ivStart + ivBytes
  const dataEnd = bytes.length - tagBytes
  if (dataEnd < dataStart) throw invalid()
  const keyContext = bytes.toString('utf8', headBytes, ivStart)
  kindOf(keyContext)
  return {
    keyContext,
    version: bytes.readUInt16BE(1),
    aad: bytes.subarray(0, ivStart),
    iv: bytes.subarray(ivStart, dataStart),
    ciphertext: bytes.subarray(dataStart, dataEnd),
    tag: bytes.subarray(dataEnd),
  }
}

function kindOf(keyContext: string): KeyKind {
  const kind = keyKinds.find(kind => keyContext.startsWith(`${kind}:`))
  if (!kind || !keyContextForm.test(keyContext)) throw invalid()
  return kind
}

function invalid(): AppError {
  return new AppError('key_blob_invalid', 'The wrapped key is not one of this service, or it is damaged.')
}
