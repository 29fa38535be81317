import { randomBytes } from 'node:crypto'
import { homedir } from 'node:os'
import { z } from 'zod'
import { ConfigError, readConfig } from '../runtime/config.ts'
import { createLog } from '../runtime/log.ts'
import { onShutdown, run } from '../runtime/process.ts'
import { requireRealTime, timeScaleConfig } from '../runtime/time-scale.ts'
import { defaultConfigFile, readSetup } from './config/read.ts'
import { shortened } from './config.ts'
import { startPrinters } from './printers.ts'
import { askEdge, type ShellCommand, shellCommands } from './shell.ts'

const environment = z.object({ EDGE_CONFIG: z.string().min(1).optional(), ...timeScaleConfig })

run('edge', async () => {
  const env = readConfig(environment, process.env)
  const setup = readSetup(env.EDGE_CONFIG ?? defaultConfigFile(homedir()), homedir())
  const [command, printer] = process.argv.slice(2)
  if (command !== undefined) return console.log(await askEdge(setup, shellCommand(command), printer))
  for (const { config } of setup.printers) {
    requireRealTime(env, !isHere(config.marketplaceUrl))
    config.timing = shortened(config.timing, env.TIME_SCALE)
  }
  const log = createLog('edge', setup.logLevel)
  const edges = await startPrinters(setup, { clock: Date.now, jitter: Math.random, randomBytes, log })
  for (const { name, config } of setup.printers) {
    const { marketplaceUrl, moonrakerUrl } = config
    log.info({ printer: name, marketplace: marketplaceUrl, moonraker: moonrakerUrl }, 'the edge is running')
    if (isReadable(marketplaceUrl))
      log.warn({ marketplace: marketplaceUrl }, 'passwords and tokens go there unencrypted')
  }
  const sockets = Object.fromEntries(setup.printers.map(({ name, config }) => [name, config.streamSocket]))
  console.log(`ready ${JSON.stringify({ streamSockets: sockets })}`)
  onShutdown(async () => {
    await Promise.all(edges.map(edge => edge.close()))
  })
})

/** `lmnt-edge unregister [PRINTER]`, beside the service that is running. */
function shellCommand(word: string): ShellCommand {
  const command = shellCommands.find(one => one === word)
  if (command) return command
  throw new ConfigError(`There is no command "${word}". There are: ${shellCommands.join(', ')} [PRINTER].`)
}

/** Whether data sent there can be read on the way. */
function isReadable(url: string): boolean {
  return new URL(url).protocol === 'http:' && !isHere(url)
}

function isHere(url: string): boolean {
  return ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname)
}
