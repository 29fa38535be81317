import { createHash } from 'node:crypto'
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, rmdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { defaultFolder as pythonFolder } from '../printer/environment.ts'

export interface Folders {
  /** .lmnt/: all that the local marketplace keeps, but for the database when it must lie elsewhere. */
  data: string
  secrets: string
  logs: string
  /** TMPDIR of every service. */
  temporary: string
  postgres: string
  /** For unix sockets, whose paths may have 107 bytes: not in a deep folder. */
  sockets: string
}

/**
 * The folders of the local marketplace. As root the database runs as `nobody`, who may not enter a clone under a home of mode
 * 0700: there its data goes to a folder of ours in the temporary directory, named by the clone's path.
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
  // Root's database server, as nobody, goes through it; secrets have folders of their own, closed to all others.
  chmodSync(data, 0o711)
  for (const dir of [folders.secrets, folders.logs, folders.temporary, folders.sockets])
    mkdirSync(dir, { recursive: true, mode: 0o700 })
  return folders
}

/** Throws the data away; what `npm run printer:setup` has installed beside it is no data. */
export function resetFolders(folders: Folders): void {
  const kept = basename(pythonFolder)
  const data = readdirSync(folders.data).filter(name => name !== kept)
  const dirs = [folders.postgres, `${folders.postgres}-socket`, dirname(folders.sockets)]
  for (const dir of [...data.map(name => join(folders.data, name)), ...dirs]) {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** Removes what no stopped marketplace needs: sockets and what its services left in their TMPDIR. Root's database stays. */
export function clearTemporary({ temporary, sockets }: Folders): void {
  for (const folder of [temporary, sockets]) rmSync(folder, { recursive: true, force: true })
  const place = dirname(sockets)
  if (existsSync(place) && readdirSync(place).length === 0) rmdirSync(place)
}

/** Makes a folder under the shared temporary directory, refusing one that somebody else has put there. */
function ours(dir: string): void {
  if (!existsSync(dir)) mkdirSync(dir, { mode: 0o711 })
  const found = lstatSync(dir)
  if (!found.isDirectory() || found.uid !== process.getuid?.()) {
    throw new Error(`${dir} belongs to another user: remove it and start again.`)
  }
}

function canAnyoneEnter(dir: string): boolean {
  for (let at = resolve(dir); ; at = dirname(at)) {
    if (!(statSync(at).mode & 0o001)) return false
    if (at === dirname(at)) return true
  }
}
