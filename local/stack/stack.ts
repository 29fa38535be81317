import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { publicKeyOf } from '../../ledger/keys.ts'
import { connectDatabase } from '../../schema/db/connect.ts'
import type { GoogleOptions } from '../google/config.ts'
import type { GoogleAddresses } from '../google/start.ts'
import type { HederaOptions } from '../hedera/start.ts'
import { launchPostgres, type Postgres } from '../postgres/launch.ts'
import { stopLeftovers } from '../printer/leftovers.ts'
import { cloud, setUpTopics } from './cloud.ts'
import { at, databases, environments, instance, type Place, type Urls } from './environments.ts'
import type { Folders } from './folders.ts'
import { genesisAccount, setUpLedger } from './ledger.ts'
import { choosePorts } from './ports.ts'
import { type PrinterKind, printerDir, printerProcess } from './printer.ts'
import { makeSecrets } from './secrets.ts'
import { createSupervisor, PortTaken, type Service } from './supervisor.ts'

/** Options for tests, beyond those of `npm start`. */
export interface StackOptions extends PrinterKind {
  /** The number of marketplace processes over one database. */
  bffs?: number
  /** The number of printers, each with its own edge. */
  printers?: number
  /** One edge serves all printers instead. */
  isEdgeShared?: boolean
  /** The lowest port to use, instead of the usual ports. */
  portsFrom?: number
  /** The time scale of every process and double: see runtime/time-scale.ts. */
  timeScale?: number
  /** Restarts every process that ends, including the database. */
  isKeptUp?: boolean
  /** Puts a proxy in front of a service's instances. Returns the address for callers. */
  front?: (name: keyof Urls, instances: string[]) => Promise<string>
  /** Variables that differ from those of `npm start`. */
  env?: { bff?: Record<string, string>; edge?: (printer: number) => Record<string, string> }
  edgeFlags?: string[]
}

export interface Stack extends Place {
  /** The doubles, for setting faults. */
  doubles: { google: Service; hedera: Service }
  /** Rejects when a process ends unexpectedly. */
  failed: Promise<never>
  /** The id of every process by name, including the database. */
  pids: () => Record<string, number>
  stop: () => Promise<void>
}

export interface Tell {
  /** Called with each part that has started. */
  up: (part: string) => void
  /** Called with news for the user, such as a changed port. */
  say: (text: string) => void
}

const tries = 3

/**
 * Starts the whole marketplace. Every service must know the others' addresses before it listens, so ports are chosen first.
 * When another program takes one of them in between, the start is repeated with other ports.
 */
export async function startStack(folders: Folders, tell: Tell, options: StackOptions = {}): Promise<Stack> {
  for (let tried = 1; ; tried++) {
    try {
      return await boot(folders, tell, options)
    } catch (error) {
      if (!(error instanceof PortTaken) || tried === tries) throw error
      tell.say('Another program has taken a port in the meantime. Starting again with other ports.')
    }
  }
}

/** Starts the database and the doubles, then our services, then the printers with their edges. */
async function boot(folders: Folders, { up: tell, say }: Tell, options: StackOptions): Promise<Stack> {
  const { timeScale = 1, isKeptUp = false, front = async (_name, [first]) => first! } = options
  const bffs = names('bff', options.bffs)
  const printers = names('printer', options.printers)
  // Processes left by a killed start hold their ports.
  for (const index of printers.keys()) await stopLeftovers(printerDir(folders, index))
  const ports = await choosePorts(folders, say, {
    further: [...bffs, ...printers],
    ...(options.portsFrom ? { from: options.portsFrom } : {}),
  })
  const direct = (instances: string[]) => instances.map(name => at(ports[name]!))
  const url: Urls = {
    bff: await front('bff', direct(bffs)),
    cws: await front('cws', direct(['cws'])),
    slicer: await front('slicer', direct(['slicer'])),
    printer: at(ports.printer),
  }
  const secrets = await makeSecrets(folders)
  const supervisor = createSupervisor(folders, { isKeptUp })
  let postgres: Postgres | undefined
  let isStopping = false
  const stop = async () => {
    isStopping = true
    await supervisor.stop()
    await postgres?.stop()
  }

  async function startDatabase(): Promise<string> {
    postgres = await launchPostgres({ dataDir: folders.postgres })
    await makeDatabases(postgres.socketDir)
    if (isKeptUp) keepDatabaseUp(postgres)
    tell('database')
    return postgres.socketDir
  }

  async function keepDatabaseUp(launched: Postgres): Promise<void> {
    for (let last = launched; !isStopping; ) {
      await last.ended
      if (isStopping) return
      // The database refuses to start while a process of its killed predecessor is still ending.
      last = await launchPostgres({ dataDir: folders.postgres }).catch(() => last)
      postgres = last
    }
  }

  async function startGoogleDoubles(): Promise<{ service: Service; google: GoogleAddresses }> {
    const service = supervisor.start('local-google', { LMNT_GOOGLE_CONFIG: JSON.stringify(googleOptions()) })
    const google = (await service.said()) as unknown as GoogleAddresses
    await setUpTopics(google.pubsubHost, { bff: url.bff, slicer: url.slicer })
    tell('storage, queues')
    return { service, google }
  }

  async function startLedger() {
    const options: HederaOptions = {
      dataDir: join(folders.data, 'hedera'),
      grpcPort: ports.hedera,
      mirrorPort: ports.mirror,
      timeScale,
      genesis: { accountId: genesisAccount, publicKey: publicKeyOf(secrets.genesisKey) },
    }
    const service = supervisor.start('local-hedera', { LMNT_HEDERA_CONFIG: JSON.stringify(options) })
    const { grpcAddress, nodeId, mirrorUrl } = (await service.said()) as Record<string, string>
    const ledger = { node: { address: grpcAddress!, account: nodeId! }, mirrorUrl: mirrorUrl!, timeScale }
    const ledgerIds = await setUpLedger(folders, ledger, secrets)
    tell('ledger')
    return { service, ledger, ledgerIds }
  }

  function googleOptions(): GoogleOptions {
    const { bff, cws, slicer, operator, push, scheduler } = cloud.accounts
    return {
      dataDir: join(folders.data, 'google'),
      projectId: cloud.projectId,
      timeScale,
      ports: { storage: ports.storage, pubsub: ports.pubsub, certs: ports.certs },
      serviceAccounts: [
        { name: 'bff', email: bff, port: ports.bffIdentity },
        { name: 'cws', email: cws, port: ports.cwsIdentity },
        { name: 'slicer', email: slicer, port: ports.slicerIdentity },
        { name: 'operator', email: operator, port: ports.operatorIdentity },
        { name: 'push', email: push },
        { name: 'scheduler', email: scheduler },
      ],
      buckets: [
        {
          name: cloud.bucket,
          grants: [
            { member: bff, role: 'objectAdmin' },
            { member: bff, role: 'bucketViewer' },
            { member: operator, role: 'objectAdmin' },
            { member: slicer, role: 'objectViewer', prefix: 'models/' },
            { member: slicer, role: 'objectAdmin', prefix: 'gcode/' },
            { member: slicer, role: 'objectAdmin', prefix: 'cache/' },
          ],
        },
      ],
    }
  }

  try {
    const [postgresSocket, { google, ...cloudDoubles }, { ledger, ledgerIds, ...ledgerDouble }] = await Promise.all([
      startDatabase(),
      startGoogleDoubles(),
      startLedger(),
    ])
    const place: Place = { folders, ports, secrets, google, ledger, ledgerIds, postgresSocket, urls: url, timeScale }
    const env = environments(place)
    writeOperatorEnv(folders, env.operator)
    const startPrinter = (index: number) => {
      const { program, env } = printerProcess(place, index, options)
      return supervisor.start(program, env, { name: instance(program, index) })
    }
    const startBff = (name: string) =>
      supervisor.start('bff', { ...env.bff, ...options.env?.bff, PORT: String(ports[name]) }, { name })
    const cws = supervisor.start('cws', env.cws)
    const bffServices = bffs.map(startBff)
    const slicer = supervisor.start('slicer', env.slicer)
    const printerServices = printers.map((_, index) => startPrinter(index))
    await Promise.all([
      cws.answers(`${at(ports.cws)}/readyz`).then(() => tell('wallets and keys')),
      ...bffServices.map(one => one.answers(`${at(ports[one.name]!)}/readyz`).then(() => tell('marketplace'))),
      slicer.answers(`${at(ports.slicer)}/readyz`).then(() => tell('slicer')),
      ...printers.map((name, index) =>
        printerServices[index]!.answers(`${at(ports[name]!)}/printer/info`).then(() => tell('printer')),
      ),
    ])
    const all = [...printers.keys()]
    for (const [index, served] of (options.isEdgeShared ? [all] : all.map(printer => [printer])).entries()) {
      const edgeOptions = { name: instance('edge', index), nodeFlags: options.edgeFlags ?? [] }
      supervisor.start('edge', { ...env.edge(index, served), ...options.env?.edge?.(index) }, edgeOptions)
    }
    tell('edge')
    const pids = () => ({ ...supervisor.pids(), ...(postgres ? { postgres: postgres.pid } : {}) })
    const doubles = { google: cloudDoubles.service, hedera: ledgerDouble.service }
    return { ...place, doubles, failed: supervisor.failed, pids, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Writes the environment of the operator's command: `node --env-file .lmnt/operator.env dist/bff-operator.js ...`. */
function writeOperatorEnv(folders: Folders, env: Record<string, string>): void {
  const lines = Object.entries(env).map(([name, value]) => `${name}=${value}\n`)
  writeFileSync(join(folders.data, 'operator.env'), lines.join(''), { mode: 0o600 })
}

function names(name: string, count = 1): string[] {
  return Array.from({ length: count }, (_, index) => instance(name, index))
}

async function makeDatabases(socketDir: string): Promise<void> {
  const admin = connectDatabase({
    host: socketDir,
    database: 'postgres',
    user: 'postgres',
    applicationName: 'local',
    max: 1,
  })
  try {
    for (const name of Object.values(databases)) {
      const [found] = await admin.sql`SELECT 1 FROM pg_database WHERE datname = ${name}`
      if (!found) await admin.sql.unsafe(`CREATE DATABASE ${name}`)
    }
  } finally {
    await admin.close()
  }
}
