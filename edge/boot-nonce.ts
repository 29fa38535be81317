import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { RandomBytes } from '../schema/http/ids.ts'

const bootIdFile = '/proc/sys/kernel/random/boot_id'
const nonceSize = 24

/**
 * Identifies this boot of this host to the marketplace, for one data folder. A restarted edge has the same nonce and continues its job
 * at once. A copy of the SD card in another host, or of the folder on this host, has another nonce and waits until the lease is over.
 * Without Linux's boot id, each start of the edge has its own nonce.
 */
export function bootNonce(dataDir: string, randomBytes: RandomBytes): string {
  const bootId = readBootId()
  if (bootId === null) return randomBytes(nonceSize).toString('base64url')
  return createHash('sha256')
    .update(`${bootId}\n${resolve(dataDir)}`)
    .digest('base64url')
}

function readBootId(): string | null {
  try {
    return readFileSync(bootIdFile, 'utf8').trim() || null
  } catch {
    return null
  }
}
