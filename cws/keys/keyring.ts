import { createSecretKey, type KeyObject } from 'node:crypto'
import { chmodSync, renameSync, rmSync } from 'node:fs'
import { z } from 'zod'
import { ConfigError } from '../../runtime/config.ts'
import type { RandomBytes } from '../../schema/http/ids.ts'
import { createSecretFile, readSecretFile } from './secret-file.ts'

/** The kinds of keys. Each kind has separate KEKs: one kind's KEK cannot open a key of another kind. */
export const keyKinds = ['printer', 'model', 'cache', 'wallet'] as const
export type KeyKind = (typeof keyKinds)[number]

export interface Keyring {
  /** The newest KEK of a kind, which wraps all new keys. */
  current: (kind: KeyKind) => { version: number; key: KeyObject }
  /** A KEK by its version: an earlier KEK still opens the keys that it wrapped. Undefined when unknown. */
  find: (kind: KeyKind, version: number) => KeyObject | undefined
}

const format = 'lmnt-cws-keyring/1'
const kekBytes = 32
const kek = z.object({ version: z.int().min(1).max(65535), key: z.base64(), created_at: z.iso.datetime() })
const keyringFile = z.object({ format: z.literal(format), keys: z.record(z.enum(keyKinds), z.array(kek).min(1)) })
type KeyringFile = z.infer<typeof keyringFile>

/** Reads the keyring file. Its keys are kept in KeyObjects, which no log prints. Throws ConfigError for an invalid file. */
export function readKeyring(path: string): Keyring {
  const { keys } = parseFile(path)
  const objects = new Map<string, KeyObject>()
  for (const kind of keyKinds) {
    for (const { version, key } of keys[kind]) objects.set(`${kind}/${version}`, toKeyObject(key, path))
  }
  const find: Keyring['find'] = (kind, version) => objects.get(`${kind}/${version}`)
  return {
    find,
    current: kind => {
      const version = newestVersion(keys[kind])
      return { version, key: find(kind, version)! }
    },
  }
}

/** Creates the keyring of a new installation. Fails when the file exists, because overwriting it would lose every wrapped key. */
export function createKeyring(path: string, randomBytes: RandomBytes, now: Date): void {
  const first = () => [newKek(1, randomBytes, now)]
  writeKeyring(path, { format, keys: { printer: first(), model: first(), cache: first(), wallet: first() } })
}

/** Adds a KEK of every kind. After its next start the service wraps with the new KEKs and still opens older keys. */
export function rotateKeyring(path: string, randomBytes: RandomBytes, now: Date): void {
  const { keys } = parseFile(path)
  for (const kind of keyKinds) keys[kind].push(newKek(newestVersion(keys[kind]) + 1, randomBytes, now))
  const next = `${path}.next`
  rmSync(next, { force: true })
  writeKeyring(next, { format, keys })
  renameSync(next, path)
}

function writeKeyring(path: string, content: KeyringFile): void {
  createSecretFile(path, `${JSON.stringify(content, null, 2)}\n`)
  chmodSync(path, 0o600)
}

function parseFile(path: string): KeyringFile {
  const bytes = readSecretFile(path)
  try {
    return keyringFile.parse(JSON.parse(bytes.toString('utf8')))
  } catch {
    throw new ConfigError(`${path} is not a keyring file (${format}).`)
  } finally {
    bytes.fill(0)
  }
}

function toKeyObject(base64: string, path: string): KeyObject {
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.length !== kekBytes) throw new ConfigError(`${path} contains a key that does not have ${kekBytes} bytes.`)
  const key = createSecretKey(bytes)
  bytes.fill(0)
  return key
}

function newKek(version: number, randomBytes: RandomBytes, now: Date): z.infer<typeof kek> {
  const bytes = randomBytes(kekBytes)
  const key = bytes.toString('base64')
  bytes.fill(0)
  return { version, key, created_at: now.toISOString() }
}

function newestVersion(keks: { version: number }[]): number {
  return Math.max(...keks.map(({ version }) => version))
}
