import { randomBytes } from 'node:crypto'
import { homedir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { readConfig } from '../runtime/config.ts'
import { createLog, type Log } from '../runtime/log.ts'
import { onShutdown } from '../runtime/process.ts'
import { requireRealTime, timeScaleConfig } from '../runtime/time-scale.ts'
import type { Edge } from './app.ts'
import { defaultConfigFile, type EdgeSetup, readSetup } from './config/read.ts'
import { shortened } from './config.ts'
import { openLogFile } from './log-file.ts'
import { startPrinters } from './printers.ts'
import { startWeb, type Web } from './web/start.ts'

const environment = z.object({ EDGE_CONFIG: z.string().min(1).optional(), ...timeScaleConfig })

/** Runs the service, which serves every printer of lmnt-edge.cfg, until the process is stopped. */
export async function runService(): Promise<void> {
  const env = readConfig(environment, process.env)
  const setup = readSetup(env.EDGE_CONFIG ?? defaultConfigFile(homedir()), homedir())
  for (const { config } of setup.printers) {
    requireRealTime(env, !isHere(config.marketplaceUrl))
    config.timing = shortened(config.timing, env.TIME_SCALE)
  }
  const log = createLog('edge', setup.logLevel, setup.logFile === undefined ? undefined : openLogFile(setup.logFile))
  const edges = await startPrinters(setup, { clock: Date.now, jitter: Math.random, randomBytes, log })
  for (const { name, config } of setup.printers) {
    const { marketplaceUrl, moonrakerUrl } = config
    log.info({ printer: name, marketplace: marketplaceUrl, moonraker: moonrakerUrl }, 'the edge is running')
    if (isReadable(marketplaceUrl))
      log.warn({ marketplace: marketplaceUrl }, 'passwords and tokens go there unencrypted')
  }
  const web = await startPage(setup, edges, log)
  const sockets = Object.fromEntries(setup.printers.map(({ name, config }) => [name, config.streamSocket]))
  console.log(`ready ${JSON.stringify({ streamSockets: sockets, page: web && [web.httpUrl, web.httpsUrl] })}`)
  onShutdown(async () => {
    await web?.close()
    await Promise.all(edges.map(edge => edge.close()))
  })
}

/** Serves the printer's page; null where [web] switches it off. */
async function startPage({ web: config, marketplaceUrl }: EdgeSetup, edges: Edge[], log: Log): Promise<Web | null> {
  const [first, ...others] = edges
  if (!config || !first) return null
  // The built page lies beside the program.
  const uiFolder = fileURLToPath(new URL('ui', import.meta.url))
  const web = await startWeb({
    config,
    edges: [first, ...others],
    marketplaceUrl,
    uiFolder,
    randomBytes,
    clock: Date.now,
    log,
  })
  log.info({ http: web.httpUrl, https: web.httpsUrl }, "the printer's page is served")
  return web
}

/** Whether data sent there can be read on the way. */
function isReadable(url: string): boolean {
  return new URL(url).protocol === 'http:' && !isHere(url)
}

function isHere(url: string): boolean {
  return ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname)
}
