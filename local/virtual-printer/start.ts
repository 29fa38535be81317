import { createReadStream, mkdirSync, realpathSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { WebSocketServer } from 'ws'
import { z } from 'zod'
import { createKlippy } from './klippy/klippy.ts'
import { createAgents } from './moonraker/agents.ts'
import { callThroughComponent, refuseOddNames } from './moonraker/component.ts'
import { acceptConnection, type Connection, RpcError } from './moonraker/connection.ts'
import { createFiles } from './moonraker/files.ts'
import { createHistory } from './moonraker/history.ts'
import { readHttpArguments } from './moonraker/http-arguments.ts'
import { callMethod, createMethods, httpVerbs } from './moonraker/methods.ts'
import { createSubscriptions } from './moonraker/subscriptions.ts'

export const virtualPrinterConfig = z.object({
  /** Its `gcodes` folder is the gcodes root. */
  dataDir: z.string().min(1),
  /** The edge's socket, as the extra would have it in printer.cfg. */
  streamSocket: z.string().min(1),
  /** False: a printer without our Klipper extra. */
  isExtraInstalled: z.boolean().default(true),
  /** True: on_error_gcode is CANCEL_PRINT, as in Mainsail's client.cfg; else it turns the heaters off. */
  cancelsOnError: z.boolean().default(false),
  port: z.int().min(0).max(65535).default(0),
  /** 0: as fast as the machine can. */
  linesPerSecond: z.number().min(0).default(0),
  openTimeoutMs: z.int().min(1).default(5000),
  starvedPauseMs: z.int().min(1).default(5000),
  restartMs: z.int().min(0).default(1500),
  statusIntervalMs: z.int().min(1).default(250),
})
export type VirtualPrinterConfig = z.input<typeof virtualPrinterConfig>

export interface VirtualPrinter {
  /** Such as http://127.0.0.1:7125 */
  url: string
  /** Such as ws://127.0.0.1:7125/websocket */
  websocketUrl: string
  gcodesDir: string
  close: () => Promise<void>
}

/** Starts a printer that is not there: Moonraker's API on 127.0.0.1, and behind it a Klippy that runs lines into nothing. */
export async function startVirtualPrinter(given: VirtualPrinterConfig): Promise<VirtualPrinter> {
  const config = virtualPrinterConfig.parse(given)
  mkdirSync(join(config.dataDir, 'gcodes'), { recursive: true })
  const gcodesDir = realpathSync(join(config.dataDir, 'gcodes'))
  const connections = new Set<Connection>()
  const notifyAll = (method: string, params?: unknown[]) => {
    for (const connection of connections) connection.notify(method, params)
  }

  const klippy = createKlippy({
    ...config,
    gcodesDir,
    say: text => notifyAll('notify_gcode_response', [text]),
    onState(state) {
      if (state === 'disconnected') subscriptions.clear()
      if (state !== 'ready') history.finish(`klippy_${state === 'shutdown' ? 'shutdown' : 'disconnect'}`)
      notifyAll(`notify_klippy_${state}`)
    },
  })
  const files = createFiles(gcodesDir)
  const agents = createAgents(notifyAll)
  const history = createHistory(files.exists, () => Date.now() / 1000)
  const subscriptions = createSubscriptions(klippy.objects, klippy.monotonic, config.statusIntervalMs)
  const follow = setInterval(() => {
    if (klippy.state() === 'ready') history.follow(klippy.objects().print_stats)
  }, config.statusIntervalMs)
  const dropConnections = (except: Connection | null) => {
    for (const connection of connections) if (connection !== except) connection.breakOff()
  }
  const methods = createMethods({ klippy, agents, files, history, subscriptions, dropConnections })

  const server = createServer((request, response) => void answer(request, response))
  const sockets = new WebSocketServer({
    server,
    path: '/websocket',
    maxPayload: 10 * 1024 * 1024,
    verifyClient: isSameOrigin,
  })
  let count = 0
  const dispatch = async (from: Connection | null, method: string, params: Record<string, unknown>) =>
    (await callThroughComponent(agents, method, params, from !== null)) ?? callMethod(methods, method, params, from)
  sockets.on('connection', socket => {
    const connection = acceptConnection(socket, ++count, dispatch)
    connections.add(connection)
    socket.on('close', () => {
      connections.delete(connection)
      subscriptions.remove(connection)
      agents.remove(connection)
    })
  })

  /** The same methods, and the files, over plain HTTP. A request from another website's form is one like any other. */
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://printer').pathname)
    const file = /^\/server\/files\/gcodes\/(.+)$/.exec(path)?.[1]
    try {
      if (file !== undefined) return sendFile(files.locate(file), response)
      const name = path.slice(1).replaceAll('/', '.')
      const { method = 'GET' } = request
      if (!httpVerbs(name).includes(method)) throw new RpcError(405, 'Method Not Allowed')
      const given = await readHttpArguments(request)
      refuseOddNames(name, given)
      const result = await dispatch(null, name, given.args)
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ result }))
    } catch (error) {
      const status = error instanceof RpcError && error.code >= 400 ? error.code : 404
      const body = { error: { code: status, message: error instanceof Error ? error.message : '' } }
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(config.port, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    websocketUrl: `ws://127.0.0.1:${port}/websocket`,
    gcodesDir,
    async close() {
      clearInterval(follow)
      subscriptions.close()
      await klippy.close()
      for (const socket of sockets.clients) socket.terminate()
      sockets.close()
      await new Promise(resolve => {
        server.close(resolve)
        server.closeAllConnections()
      })
    },
  }
}

/** As in Moonraker, a page of another origin may send a form, but not open a websocket. */
function isSameOrigin({ origin, req }: { origin: string; req: IncomingMessage }): boolean {
  return !origin || origin.replace(/^https?:\/\//, '') === req.headers.host
}

function sendFile(path: string, response: ServerResponse): void {
  const file = createReadStream(path)
  file.on('error', () => response.writeHead(404).end())
  file.on('open', () => response.writeHead(200, { 'content-type': 'text/plain' }))
  file.pipe(response)
}
