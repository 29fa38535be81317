import { randomBytes } from 'node:crypto'
import { readConfig } from '../service/config.ts'
import { createLog } from '../service/log.ts'
import { onShutdown, run } from '../service/serve.ts'
import { startEdge } from './app.ts'
import { bootNonce } from './boot-nonce.ts'
import { edgeEnvironment, fromEnvironment } from './config.ts'

run(async () => {
  const config = fromEnvironment(readConfig(edgeEnvironment, process.env))
  const log = createLog('edge', config.logLevel)
  const nonce = bootNonce(config.dataDir, randomBytes)
  const edge = await startEdge({ config, clock: Date.now, jitter: Math.random, randomBytes, bootNonce: nonce, log })
  log.info({ marketplace: config.marketplaceUrl, moonraker: config.moonrakerUrl }, 'the edge is running')
  console.log(`ready ${JSON.stringify({ streamSocket: config.streamSocket })}`)
  onShutdown(edge.close)
})
