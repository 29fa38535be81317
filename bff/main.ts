import { listenAddress, readConfig } from '../runtime/config.ts'
import { createLog } from '../runtime/log.ts'
import { onShutdown, run } from '../runtime/process.ts'
import { type App, listen } from '../runtime/serve.ts'
import { refuseTestSettings, serviceConfig } from './config.ts'

run('bff', async () => {
  const config = readConfig(serviceConfig, process.env)
  refuseTestSettings(config)
  const log = createLog('bff', config.LOG_LEVEL)
  // /livez answers at once, for the platform's health check. Other requests wait about a second until the marketplace is ready.
  let answer: App['fetch'] = async (request, env) => {
    if (new URL(request.url).pathname === '/livez') return Response.json({ status: 'ok' })
    return (await marketplace).app.fetch(request, env)
  }
  const listening = await listen({ fetch: (request, env) => answer(request, env) }, listenAddress(config))
  // Loaded only now: loading takes most of a start.
  const marketplace = import('./marketplace.ts').then(({ startMarketplace }) => startMarketplace(config, log))
  const { app, close } = await marketplace
  answer = app.fetch
  log.info({ url: listening.url }, `the marketplace listens at ${listening.url}`)
  onShutdown(() => close(listening.close))
})
