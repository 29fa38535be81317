import { ConfigError } from '../../runtime/config.ts'
import type { RandomBytes } from '../../schema/http/ids.ts'
import { createSecretFile, readSecretFile } from './secret-file.ts'

/** The operator account's raw Ed25519 key, 32 bytes. The one key that stays in memory: it signs every transaction. */
export type OperatorKey = Buffer

const keyBytes = 32

/** Reads the operator's key: a 0600 file of 64 hex digits. */
export function readOperatorKey(path: string): OperatorKey {
  const bytes = readSecretFile(path)
  try {
    const text = bytes.toString('latin1').trim()
    if (!/^[0-9a-f]{64}$/i.test(text)) throw new ConfigError(`${path} must hold an Ed25519 key as 64 hex digits.`)
    return Buffer.from(text, 'hex')
  } finally {
    bytes.fill(0)
  }
}

/** Makes an operator key file. Its account on the ledger must be made, or given this key, by whoever owns it. */
export function createOperatorKey(path: string, randomBytes: RandomBytes): void {
  const key = randomBytes(keyBytes)
  createSecretFile(path, `${key.toString('hex')}\n`)
  key.fill(0)
}
