import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { PubSub } from '@google-cloud/pubsub'
import { connectPrinter, type Printer } from '../../local/demo/printer.ts'
import { cloud } from '../../local/stack/cloud.ts'
import { databases, instance } from '../../local/stack/environments.ts'
import { type Folders, makeFolders, resetFolders } from '../../local/stack/folders.ts'
import { fund } from '../../local/stack/ledger.ts'
import { type Stack, startStack } from '../../local/stack/stack.ts'
import { connectDatabase, type Sql } from '../../schema/db/connect.ts'
import type { SessionResponse } from '../../schema/http/auth.ts'
import type { ModelResponse } from '../../schema/http/models.ts'
import { portsOfProcess } from '../make/ports.ts'
import type { Front } from './fault-plan.ts'
import { type FrontEnd, startFront } from './front.ts'
import { must, type PatientClient, patientClient } from './marketplace.ts'
import { publish } from './publish.ts'
import { startTrace, type Trace } from './trace.ts'

/** The whole marketplace under test, shared by all runs. */
export interface World {
  stack: Stack
  folders: Folders
  fronts: Record<Front, FrontEnd>
  printers: Printer[]
  sql: Sql
  /** A Pub/Sub client, for injecting messages. */
  queues: PubSub
  /** Models that can be bought at any time. */
  models: ModelResponse[]
  /** The designer's client, which retries until this time (of performance.now()). */
  designer: (until: number) => Promise<PatientClient>
  /** The file whose presence makes an edge's disk full. */
  fullDisk: (edge: number) => string
  /** Pays an account amounts of HBAR and PRINT. */
  fund: (accountId: string, amount: bigint) => Promise<void>
  /** The run's trace; the fronts write to it, too. */
  trace: Trace
  /** Stops everything; data and logs stay. */
  stop: () => Promise<void>
  /** Stops everything and deletes its data. */
  close: () => Promise<void>
}

export const printerCount = 2
/** A day is 48 minutes, a transaction valid for 6 s, a slicer's lease 4 s. */
const timeScale = 30
/** Twelve seconds, so that jobs that wait too long (for an edge or a printer that is down) expire. */
const gcodeTtlHours = 0.1
/** Prints of a purchase: several, so that people compete for the last one. */
const offers = [3, 1]

export async function startWorld(say: (text: string) => void): Promise<World> {
  process.env.METADATA_SERVER_DETECTION = 'none'
  const root = mkdtempSync(join(tmpdir(), 'lmnt-chaos-'))
  chmodSync(root, 0o711) // root runs the database as nobody, who must get through
  const folders = makeFolders(root)
  const fullDisk = (edge: number) => join(folders.data, `${instance('edge', edge)}-disk-is-full`)
  const fronts = {} as Record<Front, FrontEnd>
  const world = {
    folders,
    fronts,
    fullDisk,
    models: [],
    trace: startTrace(() => performance.now()),
  } as unknown as World
  const stack = await startStack(
    folders,
    { up: part => say(`up: ${part}`), say: () => {} },
    {
      bffs: 2,
      printers: printerCount,
      timeScale,
      isKeptUp: true,
      portsFrom: portsOfProcess(),
      front: async (name, instances) => {
        const front = await startFront(instances, text => world.trace.fault(`${name}: ${text}`))
        fronts[name as Front] = front
        return front.url
      },
      env: {
        bff: {
          PASSWORD_COST: '1',
          // As Cloud Scheduler: every minute, which is two seconds here.
          TICK_SECONDS: '60',
          LONG_POLL_MAX_SECONDS: '60',
          GCODE_TTL_HOURS: String(gcodeTtlHours),
        },
        edge: index => ({ CHAOS_FULL_DISK: fullDisk(index) }),
      },
      edgeFlags: ['--import', resolve('test/chaos/full-disk.mjs')],
    },
  )
  const database = connectDatabase({
    host: stack.postgresSocket,
    database: databases.bff,
    user: 'postgres',
    applicationName: 'chaos',
    max: 2,
  })
  Object.assign(world, {
    stack,
    sql: database.sql,
    queues: new PubSub({ projectId: cloud.projectId, apiEndpoint: stack.google.pubsubHost, emulatorMode: true }),
    fund: (accountId: string, amount: bigint) => fund(stack.ledger, stack.secrets, stack.ledgerIds, accountId, amount),
    printers: await Promise.all(
      Array.from({ length: printerCount }, (_, index) =>
        connectPrinter(`http://127.0.0.1:${stack.ports[instance('printer', index)]}`),
      ),
    ),
    designer: until => asDesigner(stack.urls.bff, until),
    stop: async () => {
      for (const printer of world.printers) printer.close()
      await world.queues.close()
      await database.close()
      await stack.stop()
      await Promise.all(Object.values(fronts).map(front => front.close()))
    },
    close: async () => {
      await world.stop()
      resetFolders(folders)
      rmSync(root, { recursive: true, force: true })
    },
  } satisfies Partial<World>)
  const until = performance.now() + 60_000
  must(
    await patientClient(stack.urls.bff, undefined, () => until).post('/api/auth/register', {
      ...designer,
      role: 'designer',
    }),
  )
  for (const [index, prints] of offers.entries()) {
    world.models.push(await publish(await world.designer(until), { title: `Tile ${index + 1}`, prints }))
  }
  return world
}

const designer = { email: 'designer@chaos.test', password: 'chaos-designer' }

/** Logs in again: a token is valid for two minutes here. */
async function asDesigner(url: string, until: number): Promise<PatientClient> {
  const anyone = patientClient(url, undefined, () => until)
  const session = must(await anyone.post<SessionResponse>('/api/auth/login', designer))
  return patientClient(url, session.access_token, () => until)
}
