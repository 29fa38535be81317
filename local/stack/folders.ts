import { createHash } from 'node:crypto'
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, rmdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { defaultFolder as pythonFolder } from '../printer/environment.ts'

export interface Folders {
  /** .lmnt/: all data of the local marketplace, except the database when that must be elsewhere. */
  data: string
  secrets: string
  logs: string
  /** TMPDIR of every service. */
  temporary: string
  postgres: string
  /** The folder of unix sockets: short, since a socket's path may have at most 107 bytes. */
  sockets: string
}

/**
 * The folders of the local marketplace. Started as root, the database runs as `nobody`, which cannot enter a clone under a home
 * of mode 0700. Its data is then in a folder in the temporary directory, named by a hash of the clone's path.
 */
export function makeFolders(root: string): Folders {
  const data = join(root, '.lmnt')
  const place = join(tmpdir(), `lmnt-${createHash('sha256').update(resolve(root)).digest('hex').slice(0, 10)}`)
  ours(place)
  const isReachable = process.getuid?.() !== 0 || canAnyoneEnter(root)
  const isShort = join(data, 'postgres-socket', '.s.PGSQL.5432').length < 100
  const folders = {
    data,
    secrets: join(data, 'secrets'),
    logs: join(data, 'logs'),
    temporary: join(data, 'tmp'),
    postgres: isReachable && isShort ? join(data, 'postgres') : join(place, 'postgres'),
    sockets: join(place, 'run'),
  }
  mkdirSync(data, { recursive: true, mode: 0o711 })
  // The database server of root runs as nobody and must pass through; secrets are in private folders below.
  chmodSync(data, 0o711)
  for (const dir of [folders.secrets, folders.logs, folders.temporary, folders.sockets])
    mkdirSync(dir, { recursive: true, mode: 0o700 })
  return folders
}

/** Deletes the data, but not the programs that `npm run printer:setup` has installed beside it. */
export function resetFolders(folders: Folders): void {
  const kept = basename(pythonFolder)
  const data = readdirSync(folders.data).filter(name => name !== kept)
  const dirs = [folders.postgres, `${folders.postgres}-socket`, dirname(folders.sockets)]
  for (const dir of [...data.map(name => join(folders.data, name)), ...dirs]) {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** Removes the sockets and temporary files of a stopped marketplace. A database in the temporary directory stays. */
export function clearTemporary({ temporary, sockets }: Folders): void {
  for (const folder of [temporary, sockets]) rmSync(folder, { recursive: true, force: true })
  const place = dirname(sockets)
  if (existsSync(place) && readdirSync(place).length === 0) rmdirSync(place)
}

/** Creates a folder under the shared temporary directory. Refuses an existing one of another user. */
function ours(dir: string): void {
  if (!existsSync(dir)) mkdirSync(dir, { mode: 0o711 })
  const found = lstatSync(dir)
  if (!found.isDirectory() || found.uid !== process.getuid?.()) {
    throw new Error(`${dir} belongs to another user. Remove it and start again.`)
  }
}

function canAnyoneEnter(dir: string): boolean {
  for (let at = resolve(dir); ; at = dirname(at)) {
    if (!(statSync(at).mode & 0o001)) return false
    if (at === dirname(at)) return true
  }
}
