import { spawnSync } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { version } from '../../../edge/version.ts'
import { bundleEdge } from '../../../local/release/bundle.ts'
import { checksums } from '../../../local/release/checksums.ts'
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

/** A copy of the archive in that folder which says that it is another version. */
export function archiveOfVersion(archive: string, folder: string, other: string): string {
  cpSync(archive, folder, { recursive: true })
  for (const name of [...bundlesIn(folder), 'release_info.json']) {
    const text = readFileSync(join(folder, name), 'utf8')
    writeFileSync(join(folder, name), text.replaceAll(new RegExp(`"(v?)${version}"`, 'g'), `"$1${other}"`))
  }
  sumAgain(folder)
  return folder
}

/**
 * A copy of the archive in that folder without the page's assets and with a line in each bundle: for tests that never start the
 * edge. They install it some thousand times, and each time every file is copied, summed and compared.
 */
export function smallArchive(archive: string, folder: string): string {
  cpSync(archive, folder, { recursive: true, filter: path => !path.startsWith(join(archive, 'ui', 'assets')) })
  for (const name of bundlesIn(folder)) writeFileSync(join(folder, name), '// edge\n')
  sumAgain(folder)
  return folder
}

const bundlesIn = (folder: string) => readdirSync(folder).filter(name => /^edge.*\.js$/.test(name))

/** Writes SHA256SUMS for what is there of the files that it lists. */
function sumAgain(folder: string): void {
  const sums = join(folder, 'SHA256SUMS')
  const listed = readFileSync(sums, 'utf8').match(/(?<= {2}).+/g) ?? []
  const files = listed.filter(path => existsSync(join(folder, path)))
  writeFileSync(sums, checksums(files.map(path => ({ path, content: readFileSync(join(folder, path)) }))))
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
