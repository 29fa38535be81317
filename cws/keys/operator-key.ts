import { ConfigError } from '../../runtime/config.ts'
import type { RandomBytes } from '../../schema/http/ids.ts'
import { createSecretFile, readSecretFile } from './secret-file.ts'

/** The operator account's raw Ed25519 key, 32 bytes. It stays in memory because it signs every transaction. */
export type OperatorKey = Buffer

const keyBytes = 32

/** Reads the operator's key from a file with mode 0600 that contains 64 hex digits. Throws ConfigError. */
export function readOperatorKey(path: string): OperatorKey {
  const bytes = readSecretFile(path)
  try {
    const text = bytes.toString('latin1').trim()
    if (!/^[0-9a-f]{64}$/i.test(text)) throw new ConfigError(`${path} must contain an Ed25519 key as 64 hex digits.`)
    return Buffer.from(text, 'hex')
  } finally {
    bytes.fill(0)
  }
}

/** Creates an operator key file. The owner of the ledger account must create the account with this key or set it there. */
export function createOperatorKey(path: string, randomBytes: RandomBytes): void {
  const key = randomBytes(keyBytes)
  createSecretFile(path, `${key.toString('hex')}\n`)
  key.fill(0)
}
