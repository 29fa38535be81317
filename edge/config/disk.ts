import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

const longestSecret = 4096

/** Reads a secret from its file, which must have mode 0600. Otherwise describes the problem, without any of the file's content. */
export function readSecretFile(path: string): { secret?: string; problem?: string } {
  try {
    const stats = statSync(path)
    if (!stats.isFile()) return { problem: `${path} is not a file` }
    if (stats.mode & 0o077) return { problem: `${path} can be read by others: chmod 600 ${path}` }
    if (stats.size > longestSecret) return { problem: `${path} is longer than ${longestSecret} bytes` }
    const secret = readFileSync(path, 'utf8').trim()
    // The characters that a header may contain.
    return /^[\x21-\x7e]+$/.test(secret) ? { secret } : { problem: `${path} does not hold one word` }
  } catch (error) {
    return { problem: `${path} cannot be read (${codeOf(error)})` }
  }
}

/**
 * Whether the folder of a socket can be closed to all others (0700), and a file of the socket's name be removed: when it is
 * not there yet, or holds sockets only. So a wrong path cannot close /tmp or remove a file.
 */
export function isFolderOfSockets(socket: string): boolean {
  try {
    return readdirSync(dirname(socket), { withFileTypes: true }).every(entry => entry.isSocket())
  } catch (error) {
    return codeOf(error) === 'ENOENT'
  }
}

export function codeOf(error: unknown): string {
  return String(error instanceof Error && 'code' in error ? error.code : error)
}
