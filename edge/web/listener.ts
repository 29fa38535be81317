import type { RequestListener } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { createWebApp, type WebAppOptions } from './app.ts'

/** The page as a listener of Node's servers. Loaded at the first request. */
export function createListener(options: WebAppOptions): RequestListener {
  const app = createWebApp(options)
  // Without the clean-up that would close a connection whose client is still sending half a second after our answer.
  return getRequestListener(app.fetch, { autoCleanupIncoming: false })
}
