import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { bundleEdge } from '../../../local/release/bundle.ts'
import { releaseFiles } from '../../../local/release/contents.ts'

/**
 * An unpacked release archive of this checkout for x64, without Node, in a folder that everyone can read. The files of a run of
 * tests share it, so copy what you change; the first one that asks makes it. Returns the folder.
 */
export async function testArchive(): Promise<string> {
  const shared = process.env.LMNT_TEST_SHARED
  if (!shared) throw new Error('Tests of the installer run by `npm test -- WORD`, which gives them a folder to share.')
  const folder = join(shared, 'archive')
  const isReady = join(shared, 'archive-is-ready')
  while (!existsSync(isReady)) {
    const isFirst = mkdirSync(folder, { recursive: true }) !== undefined
    if (isFirst) await makeArchive(folder).finally(() => writeFileSync(isReady, ''))
    else await delay(100)
  }
  return folder
}

async function makeArchive(folder: string): Promise<void> {
  const repository = { owner: 'lmnt-test', name: 'lmnt-edge' }
  for (const { path, content, mode } of releaseFiles('x64', { repository }, await bundleEdge(), null)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content, { mode })
  }
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
