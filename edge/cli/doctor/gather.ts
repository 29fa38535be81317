import { createHash } from 'node:crypto'
import { readFileSync, statfsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { ConfigError } from '../../../runtime/config.ts'
import { sendRequest } from '../../../runtime/request.ts'
import { type EdgeSetup, readSetup } from '../../config/read.ts'
import { askEdge } from '../../shell.ts'
import { version } from '../../version.ts'
import { type EdgeStatus, edgeStatus } from '../edge-status.ts'
import type { Facts, InstallationFacts, PathFacts, PrinterFacts } from './facts.ts'
import { readMoonraker } from './moonraker.ts'
import { readPage } from './page.ts'
import { readService } from './service.ts'
import { tryTo } from './try-to.ts'

/** Where the doctor looks: the folder of the running program, and the configuration. */
export interface Place {
  program: string
  config: string
  home: string
  /** The folder of nginx's configuration. */
  nginx: string
}

const answerMs = 5000

/** Reads everything that the doctor judges. What cannot be read is null: that is a finding, and no error. */
export async function gather(place: Place): Promise<Facts> {
  const { setup, problem } = readConfiguration(place)
  const [first] = setup?.printers ?? []
  return {
    host: { node: process.version, architecture: process.arch, memoryAvailableMb: availableMemory() },
    installation: readInstallation(place.program),
    service: readService(),
    configuration: { path: place.config, problem },
    marketplace: first ? await readMarketplace(first.config.marketplaceUrl) : null,
    page: setup && (await readPage(setup.web, place.nginx, answerMs)),
    printers: setup ? await Promise.all(setup.printers.map(({ name }) => readPrinter(setup, name))) : [],
  }
}

function readConfiguration({ config, home }: Place): { setup: EdgeSetup | null; problem: string | null } {
  try {
    return { setup: readSetup(config, home), problem: null }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { setup: null, problem: error.message }
  }
}

const releaseInfo = z.object({ version: z.string(), asset_name: z.string() })

function readInstallation(folder: string): InstallationFacts {
  const info = releaseInfo.safeParse(tryTo(() => JSON.parse(readFileSync(join(folder, 'release_info.json'), 'utf8'))))
  const sums = tryTo(() => readFileSync(join(folder, 'SHA256SUMS'), 'utf8')) ?? ''
  const changedFiles = sums.split('\n').flatMap(line => {
    const [, sum, path] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? []
    return path !== undefined && sum !== hashOf(join(folder, path)) ? [path] : []
  })
  const release = info.success ? { version: info.data.version, asset: info.data.asset_name } : null
  return { folder, version, release, changedFiles }
}

function hashOf(path: string): string | null {
  return tryTo(() => createHash('sha256').update(readFileSync(path)).digest('hex'))
}

function availableMemory(): number | null {
  const kilobytes = /^MemAvailable:\s+(\d+) kB/m.exec(tryTo(() => readFileSync('/proc/meminfo', 'utf8')) ?? '')?.[1]
  return kilobytes === undefined ? null : Math.round(Number(kilobytes) / 1000)
}

async function readMarketplace(url: string): Promise<Facts['marketplace']> {
  try {
    const sent = Date.now()
    const answer = await sendRequest(`${url}/livez`, {
      method: 'GET',
      headers: {},
      signal: AbortSignal.timeout(answerMs),
    })
    for await (const _ of answer.body ?? []) break
    const date = Date.parse(answer.headers.get('date') ?? '')
    const clockOffsetS = Number.isNaN(date) ? null : Math.round((sent - date) / 1000)
    return { url, isReached: answer.status < 500, clockOffsetS }
  } catch {
    return { url, isReached: false, clockOffsetS: null }
  }
}

async function readPrinter(setup: EdgeSetup, name: string): Promise<PrinterFacts> {
  const config = setup.printers.find(printer => printer.name === name)?.config
  if (!config) throw new Error(`there is no printer ${name}`)
  const { dataDir, streamSocket, moonrakerUrl, moonrakerApiKey } = config
  const folder = tryTo(() => statfsSync(dirname(dataDir)))
  return {
    name,
    dataDir: { ...modeOf(dataDir), freeMb: folder && Math.round((folder.bavail * folder.bsize) / 1e6) },
    socket: { ...modeOf(streamSocket), folderMode: modeOf(dirname(streamSocket)).mode },
    edge: await askStatus(setup, name),
    moonraker: await readMoonraker(moonrakerUrl, moonrakerApiKey, answerMs),
  }
}

async function askStatus(setup: EdgeSetup, name: string): Promise<PrinterFacts['edge']> {
  let status: EdgeStatus
  try {
    status = edgeStatus.parse(JSON.parse(await askEdge(setup, { command: 'status' }, name)))
  } catch {
    return null
  }
  return {
    version: status.version,
    isRegistered: status.registered,
    isConnected: status.printer.connected,
    problem: status.marketplace.problem,
  }
}

function modeOf(path: string): PathFacts {
  return { path, mode: tryTo(() => statSync(path).mode & 0o777) }
}
