import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ArchiveFile, byPath } from './zip.ts'

/** The text of a SHA256SUMS, as `sha256sum --check` reads it. */
export function checksums(files: Pick<ArchiveFile, 'path' | 'content'>[]): string {
  const hash = (content: Buffer) => createHash('sha256').update(content).digest('hex')
  return byPath(files)
    .map(({ path, content }) => `${hash(content)}  ${path}\n`)
    .join('')
}

/** What the signature is for: `ssh-keygen -Y verify` accepts it for this purpose only. */
export const signatureNamespace = 'lmnt-edge'

/** Signs a file with an SSH key; the signature is beside it, as PATH.sig. Throws when ssh-keygen or the key does not work. */
export function sign(path: string, key: string): void {
  try {
    execFileSync('ssh-keygen', ['-Y', 'sign', '-q', '-f', key, '-n', signatureNamespace, path], {
      // A key with a passphrase asks for it on the terminal.
      stdio: ['inherit', 'pipe', 'pipe'],
    })
  } catch (error) {
    const { code, stderr } = error as { code?: string; stderr?: Buffer }
    const why = code === 'ENOENT' ? 'ssh-keygen is missing (Debian: openssh-client)' : String(stderr).trim()
    throw new Error(`${path} cannot be signed with the key ${key}: ${why}`, { cause: error })
  }
}

/** The files of an archive with the signature of their SHA256SUMS, which install.sh checks in the unpacked folder. */
export function signedFiles(files: ArchiveFile[], key: string): ArchiveFile[] {
  const sums = files.find(({ path }) => path === 'SHA256SUMS')
  if (!sums) throw new Error('The archive has no SHA256SUMS to sign.')
  const folder = mkdtempSync(join(tmpdir(), 'lmnt-sign-'))
  try {
    const path = join(folder, sums.path)
    writeFileSync(path, sums.content)
    sign(path, key)
    return [...files, { path: `${sums.path}.sig`, content: readFileSync(`${path}.sig`), mode: sums.mode }]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
