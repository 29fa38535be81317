/**
 * Fernet (github.com/fernet/spec, version 0x80) over node:crypto. A token is
 *
 *     0x80 | seconds u64 | iv 16 | AES-128-CBC ciphertext 16n | HMAC-SHA-256 of everything before it 32
 *
 * in two forms: binary (these bytes: the frames of a container) and text (their base64url: a wrapped key). A key is 32
 * bytes, the first half for signing and the second for encryption, and is a Buffer everywhere, so that it can be wiped.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  randomBytes as nodeRandomBytes,
  timingSafeEqual,
} from 'node:crypto'
import type { RandomBytes } from '../http/ids.ts'

export type FernetKey = Buffer

export interface SealOptions {
  /** Milliseconds since 1970, as Date.now() gives them, which is the default. */
  now?: number
  /** 16 bytes; default: fresh random ones. Reuse under one key reveals which messages have the same beginning. */
  iv?: Buffer
}

export interface OpenOptions {
  /** Refuses a token that is older than this. */
  ttlSeconds?: number
  /** Milliseconds since 1970; Date.now() unless given. */
  now?: number
  /**
   * Ignores the token's time. For wrapped keys and containers: a Raspberry Pi has no battery-backed clock and may open them in 1970,
   * and the marketplace decides how long they may be used.
   */
  ignoreClock?: boolean
}

/** A key or token is malformed, was altered, belongs to another key, or has expired. */
export class FernetError extends Error {
  override readonly name = 'FernetError'
}

const version = 0x80
const keySize = 32
const blockSize = 16
const timeAt = 1
const ivAt = 9
const ciphertextAt = 25
const macSize = 32
const clockSkewSeconds = 60

/** Makes a new key. The caller wipes it after use. */
export function newFernetKey(randomBytes: RandomBytes): FernetKey {
  return randomBytes(keySize)
}

/** Reads a key from its 44 characters of base64url. */
export function parseFernetKey(text: string): FernetKey {
  const key = fromBase64Url(text)
  if (key.length !== keySize) throw new FernetError(`a Fernet key has ${keySize} bytes`)
  return key
}

/** Seals into the textual form. */
export function sealToken(key: FernetKey, data: Uint8Array, options: SealOptions = {}): string {
  return toBase64Url(sealBinary(key, data, options))
}

/** Opens the textual form. Throws FernetError. */
export function openToken(key: FernetKey, text: string, options: OpenOptions = {}): Buffer {
  return openBinary(key, fromBase64Url(text), options)
}

/** The size of a binary token around `dataSize` bytes: the padding is 1 to 16 bytes. */
export function binarySize(dataSize: number): number {
  return ciphertextAt + blockSize * (Math.floor(dataSize / blockSize) + 1) + macSize
}

/** Seals into the binary form. */
export function sealBinary(key: FernetKey, data: Uint8Array, options: SealOptions = {}): Buffer {
  const token = Buffer.allocUnsafe(binarySize(data.length))
  sealInto(token, key, [data], options)
  return token
}

/**
 * Seals data in several parts into `token`, a buffer of `binarySize` of their total size. Saves `sealFrame` two copies of each frame.
 */
export function sealInto(token: Buffer, key: FernetKey, parts: Uint8Array[], options: SealOptions = {}): void {
  const { now = Date.now(), iv = nodeRandomBytes(blockSize) } = options
  const { signing, encryption } = halves(key)
  token.writeUInt8(version)
  token.writeBigUInt64BE(BigInt(Math.floor(now / 1000)), timeAt)
  iv.copy(token, ivAt)
  const cipher = createCipheriv('aes-128-cbc', encryption, iv)
  let filled = ciphertextAt
  for (const part of parts) filled += cipher.update(part).copy(token, filled)
  const macAt = filled + cipher.final().copy(token, filled)
  sign(signing, token.subarray(0, macAt)).copy(token, macAt)
}

/** Opens the binary form: the MAC is checked before anything is decrypted. Throws FernetError. */
export function openBinary(key: FernetKey, token: Buffer, options: OpenOptions = {}): Buffer {
  const { signing, encryption } = halves(key)
  const ciphertextSize = token.length - ciphertextAt - macSize
  if (ciphertextSize < 0) throw new FernetError('the token is too short')
  if (token[0] !== version) throw new FernetError('the token is of an unknown version')
  if (ciphertextSize === 0 || ciphertextSize % blockSize !== 0) {
    throw new FernetError('the token does not hold whole blocks')
  }
  if (!options.ignoreClock) checkTime(token, options)

  const macAt = token.length - macSize
  if (!timingSafeEqual(sign(signing, token.subarray(0, macAt)), token.subarray(macAt))) {
    throw new FernetError('the token was altered, or belongs to another key')
  }
  // With automatic padding the last block would come separately, and joining it would copy the data.
  const decipher = createDecipheriv('aes-128-cbc', encryption, token.subarray(ivAt, ciphertextAt)).setAutoPadding(false)
  return withoutPadding(decipher.update(token.subarray(ciphertextAt, macAt)))
}

/** PKCS #7: the last byte is the number of bytes of padding, and each of them holds it. */
function withoutPadding(padded: Buffer): Buffer {
  const count = padded[padded.length - 1] as number
  const size = padded.length - count
  const isPadding = count >= 1 && count <= blockSize && padded.subarray(size).every(byte => byte === count)
  if (!isPadding) throw new FernetError('the token is badly padded')
  return padded.subarray(0, size)
}

function checkTime(token: Buffer, { ttlSeconds, now = Date.now() }: OpenOptions): void {
  const seconds = Number(token.readBigUInt64BE(timeAt))
  const nowSeconds = now / 1000
  if (seconds > nowSeconds + clockSkewSeconds) throw new FernetError('the token is from the future')
  if (ttlSeconds !== undefined && seconds + ttlSeconds < nowSeconds) throw new FernetError('the token has expired')
}

function sign(signing: Buffer, data: Buffer): Buffer {
  return createHmac('sha256', signing).update(data).digest()
}

/** Views, not copies: wiping the key wipes both. */
function halves(key: FernetKey): { signing: Buffer; encryption: Buffer } {
  if (key.length !== keySize) throw new FernetError(`a Fernet key has ${keySize} bytes`)
  return { signing: key.subarray(0, keySize / 2), encryption: key.subarray(keySize / 2) }
}

/** base64url with padding, which the spec requires and Node omits. */
function toBase64Url(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_')
}

/**
 * Strict: Node skips unknown characters, so the text must equal the encoding of its bytes. This refuses foreign characters,
 * whitespace, missing or surplus padding, and bits set behind the last byte.
 */
function fromBase64Url(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url')
  if (toBase64Url(bytes) !== text) throw new FernetError('this is not base64url')
  return bytes
}
