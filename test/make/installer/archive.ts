import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { bundleEdge } from '../../../local/release/bundle.ts'
import { releaseFiles } from '../../../local/release/contents.ts'

/** An unpacked release archive of this checkout for x64, without Node, in a folder that everyone can read. Returns the folder. */
export async function makeArchive(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'lmnt-archive-'))
  chmodSync(folder, 0o755)
  const repository = { owner: 'lmnt-test', name: 'lmnt-edge' }
  for (const { path, content, mode } of releaseFiles('x64', { repository }, await bundleEdge(), null)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content, { mode })
  }
  return folder
}

/** What a command begins with that the unprivileged user of the tests runs; nothing when the tests themselves run as one. */
export const asUnprivileged =
  process.getuid?.() === 0 ? ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups'] : []

/** A Node that the unprivileged user of the tests may run: this one, or a copy in that folder when it is in a closed home folder. */
export function nodeForEveryone(folder: string): string {
  const [command = '', ...args] = [...asUnprivileged, process.execPath, '--version']
  if (spawnSync(command, args).status === 0) return process.execPath
  const copy = join(folder, 'node')
  copyFileSync(process.execPath, copy)
  return copy
}
