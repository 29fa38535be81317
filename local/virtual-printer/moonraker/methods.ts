import { z } from 'zod'
import { questionRequest } from '../klippy/dialogs.ts'
import { faultRequest } from '../klippy/faults.ts'
import { GcodeError } from '../klippy/gcode-line.ts'
import type { Klippy } from '../klippy/klippy.ts'
import { type Agents, parse } from './agents.ts'
import { type Connection, RpcError } from './connection.ts'
import type { Files } from './files.ts'
import type { History } from './history.ts'
import type { Subscriptions } from './subscriptions.ts'

export interface Parts {
  klippy: Klippy
  agents: Agents
  files: Files
  history: History
  subscriptions: Subscriptions
  /** Breaks off all connections but this one, as a restart of Moonraker does. */
  dropConnections: (except: Connection | null) => void
}

type Method = (params: Record<string, unknown>, connection: Connection | null) => unknown

const objectsRequest = z.object({ objects: z.record(z.string(), z.array(z.string()).nullable()) })
const filename = z.object({ filename: z.string().min(1) })
const historyRequest = z.object({
  limit: z.int().min(0).default(50),
  start: z.int().min(0).default(0),
  order: z.enum(['asc', 'desc']).default('desc'),
})
const resumeFault = z.object({ message: z.string().min(1).max(500) })
const speed = z.object({ lines_per_second: z.number().min(0) })

/** Every method that the virtual printer answers, by the name that Moonraker gives it. */
export function createMethods(parts: Parts): Record<string, Method> {
  const { klippy, agents, files, history, subscriptions } = parts
  const server: Record<string, Method> = {
    'server.connection.identify': (params, connection) => agents.identify(onSocket(connection), params),
    'server.info': () => ({
      klippy_connected: klippy.state() !== 'disconnected',
      klippy_state: klippy.state(),
      components: ['file_manager', 'history', 'extensions'],
      moonraker_version: 'virtual-printer',
      api_version: [1, 5, 0],
      api_version_string: '1.5.0',
    }),
    'server.extensions.list': () => agents.list(),
    'server.extensions.request': params => agents.request(params),
    'connection.register_remote_method': (params, connection) => agents.registerMethod(onSocket(connection), params),
    'connection.send_event': (params, connection) => agents.sendEvent(onSocket(connection), params),
    'server.files.roots': () => files.roots(),
    'server.files.list': () => files.list(),
    'server.files.metadata': params => files.metadata(parse(filename, params).filename),
    'server.history.list': params => {
      const { limit, start, order } = parse(historyRequest, params)
      return history.list(limit, start, order)
    },
  }
  const printer: Record<string, Method> = {
    'printer.info': () => ({
      state: klippy.state(),
      state_message: klippy.stateMessage(),
      hostname: 'virtual-printer',
      software_version: 'virtual-printer',
    }),
    'printer.objects.list': () => ({ objects: Object.keys(klippy.objects()) }),
    'printer.objects.query': params => subscriptions.query(parse(objectsRequest, params).objects),
    'printer.objects.subscribe': (params, connection) =>
      subscriptions.subscribe(onSocket(connection), parse(objectsRequest, params).objects),
    'printer.gcode.help': () => klippy.help(),
    'printer.gcode.script': params => klippy.script(parse(z.object({ script: z.string() }), params).script),
    'printer.print.start': params => {
      refuseUnlessReady(klippy)
      return klippy.printFile(parse(filename, params).filename)
    },
    'printer.print.pause': () => klippy.pause(),
    'printer.print.resume': () => klippy.resume(),
    'printer.print.cancel': () => klippy.cancel(),
    'printer.emergency_stop': () => klippy.shutdown(),
    'printer.firmware_restart': () => klippy.restart(),
    'printer.restart': () => klippy.restart(),
  }
  // As in Moonraker, the host's extras add methods; without the extra they do not exist.
  const { dialogs } = klippy
  if (dialogs) {
    printer['printer.lmnt_stream.ask'] = params => dialogs.ask(parse(questionRequest, params))
    printer['printer.lmnt_stream.withdraw'] = params =>
      dialogs.withdraw(parse(questionRequest.pick({ nonce: true }), params))
  }
  const own: Record<string, Method> = {
    'virtual_printer.fail': params => klippy.faults.plan(parse(faultRequest, params)),
    'virtual_printer.clear': () => {
      klippy.faults.clear()
      klippy.unstall()
    },
    'virtual_printer.fail_resume': params => klippy.failResume(parse(resumeFault, params).message),
    'virtual_printer.idle_timeout': () => klippy.timeOut(),
    'virtual_printer.runout': () => klippy.runOut(),
    'virtual_printer.unstall': () => klippy.unstall(),
    'virtual_printer.set_speed': params => klippy.setSpeed(parse(speed, params).lines_per_second),
    'virtual_printer.drop_connections': (_params, connection) => parts.dropConnections(connection),
    'virtual_printer.call_remote_method': params => agents.callRemoteMethod(params),
    'virtual_printer.last_run': () => klippy.lastRun() ?? {},
    'virtual_printer.runs': () => klippy.runs(),
  }
  const needKlippy = Object.entries(printer).map(([name, method]): [string, Method] => [
    name,
    (params, connection) => {
      if (klippy.state() === 'disconnected') throw new RpcError(503, 'Klippy Host not connected')
      return method(params, connection)
    },
  ])
  return { ...server, ...Object.fromEntries(needKlippy), ...own }
}

/** Calls a method by name. An empty result becomes "ok", and a G-code error Moonraker's 400. */
export async function callMethod(
  methods: Record<string, Method>,
  name: string,
  params: Record<string, unknown>,
  connection: Connection | null,
): Promise<unknown> {
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined
  if (!method) throw new RpcError(-32601, 'Method not found')
  try {
    return (await method(params, connection)) ?? 'ok'
  } catch (error) {
    if (error instanceof GcodeError) throw new RpcError(400, error.message)
    throw error
  }
}

const reading = /^(server\.(info|extensions\.list|history\.list|files\.\w+)|machine\.lmnt_marketplace\.status)$/
/** Klippy's own, and those of its extras, answer to both. */
const remote = /^(virtual_printer|printer)\.(info|gcode\.help|objects\.\w+|lmnt_stream\.\w+|\w+)$/
const commands = /^printer\.(print\.\w+|gcode\.script|emergency_stop|restart|firmware_restart)$/

/** The HTTP methods that a name answers to. */
export function httpVerbs(name: string): readonly string[] {
  if (commands.test(name)) return ['POST']
  if (remote.test(name)) return ['GET', 'POST']
  return reading.test(name) ? ['GET'] : ['POST']
}

function refuseUnlessReady(klippy: Klippy): void {
  if (klippy.state() !== 'ready') throw new RpcError(400, klippy.stateMessage())
}

function onSocket(connection: Connection | null): Connection {
  if (!connection) throw new RpcError(400, 'No connection detected')
  return connection
}
