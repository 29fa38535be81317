import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { ConfigError } from '../../runtime/config.ts'

/** Reads a file of secrets. Refuses one that others can read or replace; its content is in no error. */
export function readSecretFile(path: string): Buffer {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (!stats?.isFile()) throw new ConfigError(`There is no secret file at ${path}.`)
  if (stats.mode & 0o077) throw new ConfigError(`${path} can be read or changed by others: chmod 600 it.`)
  return readFileSync(path)
}

/** Writes a new file of secrets, 0600. Never over one that is there: its keys would be lost for ever. */
export function createSecretFile(path: string, content: string): void {
  writeFileSync(path, content, { mode: 0o600, flag: 'wx' })
}
