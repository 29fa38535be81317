import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { ConfigError } from '../../runtime/config.ts'

/** Reads a secret file. Throws ConfigError, which never contains the content, for a file that other users can access. */
export function readSecretFile(path: string): Buffer {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (!stats?.isFile()) throw new ConfigError(`The secret file ${path} does not exist.`)
  if (stats.mode & 0o077) throw new ConfigError(`${path} is accessible to other users. Run: chmod 600 ${path}`)
  return readFileSync(path)
}

/** Writes a new secret file with mode 0600. Fails when the file exists: overwriting it would lose its keys permanently. */
export function createSecretFile(path: string, content: string): void {
  writeFileSync(path, content, { mode: 0o600, flag: 'wx' })
}
