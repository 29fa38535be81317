import { join } from 'node:path'
import { publicKeyOf } from '../../bff/ledger/keys.ts'
import { connectDatabase } from '../../schema/db/connect.ts'
import type { GoogleOptions } from '../google/config.ts'
import type { GoogleAddresses } from '../google/start.ts'
import type { HederaOptions } from '../hedera/start.ts'
import { launchPostgres, type Postgres } from '../postgres/launch.ts'
import type { VirtualPrinterConfig } from '../virtual-printer/start.ts'
import { cloud, setUpTopics } from './cloud.ts'
import { databases, environments, type Place, streamSocket, urls } from './environments.ts'
import type { Folders } from './folders.ts'
import { genesisAccount, setUpLedger } from './ledger.ts'
import { choosePorts } from './ports.ts'
import { makeSecrets } from './secrets.ts'
import { createSupervisor } from './supervisor.ts'

export interface Stack extends Place {
  urls: ReturnType<typeof urls>
  /** Rejects when a process ends that should not. */
  failed: Promise<never>
  /** Of every process by its name, the database's too. */
  pids: () => Record<string, number>
  stop: () => Promise<void>
}

export interface Tell {
  /** Told of each part as it comes up. */
  up: (part: string) => void
  /** Told what a person should know, such as that a port is another than usual. */
  say: (text: string) => void
}

/** Lines a second of the virtual printer: the sample takes some seconds, so that one can watch it. */
const printerLinesPerSecond = 20_000

/** Boots the whole marketplace: what stores things first, then our services, then the printer with its edge. */
export async function startStack(folders: Folders, { up: tell, say }: Tell): Promise<Stack> {
  const ports = await choosePorts(folders, say)
  const secrets = await makeSecrets(folders)
  const url = urls(ports)
  const supervisor = createSupervisor(folders)
  let postgres: Postgres | undefined
  const stop = async () => {
    await supervisor.stop()
    await postgres?.stop()
  }

  async function startDatabase(): Promise<string> {
    postgres = await launchPostgres({ dataDir: folders.postgres })
    await makeDatabases(postgres.socketDir)
    tell('database')
    return postgres.socketDir
  }

  async function startGoogleDoubles(): Promise<GoogleAddresses> {
    const service = supervisor.start('local-google', { LMNT_GOOGLE_CONFIG: JSON.stringify(googleOptions()) })
    const google = (await service.said()) as unknown as GoogleAddresses
    await setUpTopics(google.pubsubHost, { bff: url.bff, slicer: url.slicer })
    tell('storage, queues')
    return google
  }

  async function startLedger() {
    const options: HederaOptions = {
      dataDir: join(folders.data, 'hedera'),
      grpcPort: ports.hedera,
      mirrorPort: ports.mirror,
      genesis: { accountId: genesisAccount, publicKey: publicKeyOf(secrets.genesisKey) },
    }
    const service = supervisor.start('local-hedera', { LMNT_HEDERA_CONFIG: JSON.stringify(options) })
    const { grpcAddress, nodeId, mirrorUrl } = (await service.said()) as Record<string, string>
    const ledger = { node: { address: grpcAddress!, account: nodeId! }, mirrorUrl: mirrorUrl! }
    const ledgerIds = await setUpLedger(folders, ledger, secrets)
    tell('ledger')
    return { ledger, ledgerIds }
  }

  function googleOptions(): GoogleOptions {
    const { bff, cws, slicer, push, scheduler } = cloud.accounts
    return {
      dataDir: join(folders.data, 'google'),
      projectId: cloud.projectId,
      ports: { storage: ports.storage, pubsub: ports.pubsub, certs: ports.certs },
      serviceAccounts: [
        { name: 'bff', email: bff, port: ports.bffIdentity },
        { name: 'cws', email: cws, port: ports.cwsIdentity },
        { name: 'slicer', email: slicer, port: ports.slicerIdentity },
        { name: 'push', email: push },
        { name: 'scheduler', email: scheduler },
      ],
      buckets: [
        {
          name: cloud.bucket,
          grants: [
            { member: bff, role: 'objectAdmin' },
            { member: bff, role: 'bucketViewer' },
            { member: slicer, role: 'objectViewer', prefix: 'models/' },
            { member: slicer, role: 'objectAdmin', prefix: 'gcode/' },
          ],
        },
      ],
    }
  }

  try {
    const [postgresSocket, google, { ledger, ledgerIds }] = await Promise.all([
      startDatabase(),
      startGoogleDoubles(),
      startLedger(),
    ])
    const place: Place = { folders, ports, secrets, google, ledger, ledgerIds, postgresSocket }
    const env = environments(place)
    const printer: VirtualPrinterConfig = {
      dataDir: join(folders.data, 'printer'),
      port: ports.printer,
      streamSocket: streamSocket(folders),
      linesPerSecond: printerLinesPerSecond,
    }
    const started = {
      cws: supervisor.start('cws', env.cws),
      bff: supervisor.start('bff', env.bff),
      slicer: supervisor.start('slicer', env.slicer),
      printer: supervisor.start('local-virtual-printer', { LMNT_VIRTUAL_PRINTER_CONFIG: JSON.stringify(printer) }),
    }
    await Promise.all([
      started.cws.answers(`${url.cws}/readyz`).then(() => tell('wallets and keys')),
      started.bff.answers(`${url.bff}/readyz`).then(() => tell('marketplace')),
      started.slicer.answers(`${url.slicer}/readyz`).then(() => tell('slicer')),
      started.printer.answers(`${url.printer}/printer/info`).then(() => tell('virtual printer')),
    ])
    supervisor.start('edge', env.edge())
    tell('edge')
    const pids = () => ({ ...supervisor.pids(), ...(postgres ? { postgres: postgres.pid } : {}) })
    return { ...place, urls: url, failed: supervisor.failed, pids, stop }
  } catch (error) {
    await stop()
    throw error
  }
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
