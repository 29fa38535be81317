import type { RequestListener } from 'node:http'
import type { Log } from '../../runtime/log.ts'
import type { RandomBytes } from '../../schema/http/ids.ts'
import type { Edge } from '../app.ts'
import { createAdmission } from './admission.ts'
import type { WebConfig } from './config.ts'
import { createHub, type Hub } from './events/hub.ts'
import { createWatch } from './events/watch.ts'
import { listenWeb, type WebListener, type WebListenOptions } from './listen.ts'
import type { WebParts } from './parts.ts'
import { createSessions } from './sessions.ts'
import { type ThisHost, thisHost } from './this-host.ts'
import { createThrottle } from './throttle.ts'
import { type KeptCertificate, keepCertificate } from './tls/keep.ts'

export interface WebDeps {
  config: WebConfig
  edges: readonly [Edge, ...Edge[]]
  marketplaceUrl: string
  /** The folder of the built page. */
  uiFolder: string
  randomBytes: RandomBytes
  /** Milliseconds since 1970. */
  clock: () => number
  log: Log
  /** Monotonic milliseconds; performance.now by default. */
  now?: () => number
  readHost?: () => ThisHost
}

export interface Web {
  /** Null: off, or the port is in use. */
  httpUrl: string | null
  httpsUrl: string | null
  close: () => Promise<void>
}

/** How many of the HTTPS listener's 128 connections one address may hold. A browser opens six. */
const mostOfAddress = 32

/** Serves the printer's page. A port that is in use is logged and no more: printing goes on without the page. */
export async function startWeb(deps: WebDeps): Promise<Web> {
  const { config, edges, clock, randomBytes, log, now = () => performance.now(), readHost = thisHost } = deps
  let certificate: KeptCertificate | null = null
  let https: WebListener | null = null
  const hubs = new Map<Edge, Hub>(edges.map(edge => [edge, createHub({ edge, randomBytes, log })]))
  const hubOf = (edge: Edge) => hubs.get(edge) ?? createHub({ edge, randomBytes, log })
  const sessions = createSessions({
    randomBytes,
    now,
    onEnd(session, why) {
      for (const hub of hubs.values()) {
        hub.sendTo(session.id, 'changed', { lists: ['session'] })
        hub.endOf(session.id)
      }
      const { edge, user, client, token } = session
      const event = why === 'log_out' ? 'log_out' : 'session_expired'
      edge.page.securityLog.add({ event, client, user_id: user.user_id })
      // Ends the session at the marketplace, too, when it can be reached.
      if (why !== 'refused') edge.call('logout_user', { token }, { client, isRecording: true }).catch(() => {})
    },
  })
  const parts: WebParts = {
    config,
    edges,
    marketplaceUrl: deps.marketplaceUrl,
    admission: createAdmission(config, readHost),
    sessions,
    throttle: createThrottle(now),
    hubOf,
    watch: createWatch({ sessions, hubOf, log }),
    csrfKey: randomBytes(32),
    authority: () => certificate?.current().authority ?? null,
    randomBytes,
    now,
    clock,
    log,
  }
  let app: Promise<RequestListener> | null = null

  /** Loads Hono at the first request: an edge whose page nobody opens does not need its memory. */
  const onRequest: RequestListener = (request, response) => {
    app ??= import('./listener.ts').then(({ createListener }) =>
      createListener({ parts, origins: config.origins, uiFolder: deps.uiFolder }),
    )
    app.then(
      listener => listener(request, response),
      (error: unknown) => {
        log.error({ err: error }, 'the printer’s page cannot be loaded')
        response.writeHead(500).end()
      },
    )
  }

  async function serve(what: string, options: WebListenOptions): Promise<WebListener | null> {
    try {
      return await listenWeb(onRequest, options)
    } catch (error) {
      log.error({ err: error }, `the printer’s page is not served by ${what}: change [web] of lmnt-edge.cfg`)
      return null
    }
  }

  async function serveSecurely({ port, address }: NonNullable<WebConfig['https']>): Promise<WebListener | null> {
    certificate = await keepCertificate({
      folder: config.folder,
      hosts: config.hosts,
      readHost,
      clock,
      randomBytes,
      log,
      onChange: changed => https?.setCertificate(changed),
      onMade: ({ names }) =>
        edges[0].page.securityLog.add({ event: 'certificate_made', details: { names: names.length } }),
    })
    const { key, cert } = certificate.current()
    return serve('HTTPS', { port, host: address, tls: { key, cert }, mostOfAddress })
  }

  const http = config.httpPort === null ? null : await serve('HTTP', { port: config.httpPort, host: '127.0.0.1' })
  if (config.https) {
    https = await serveSecurely(config.https).catch((error: unknown) => {
      log.error({ err: error }, 'the printer’s page is not served by HTTPS')
      return null
    })
  }
  return {
    httpUrl: http && `http://127.0.0.1:${http.port}/`,
    httpsUrl: https && `https://localhost:${https.port}/`,
    async close() {
      certificate?.close()
      parts.watch.close()
      sessions.close()
      for (const hub of hubs.values()) hub.close()
      await Promise.all([http?.close(500), https?.close(500)])
    },
  }
}
