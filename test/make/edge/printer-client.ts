import { z } from 'zod'
import { createBackoff } from '../../../edge/backoff.ts'
import { createRpc } from '../../../edge/moonraker/rpc.ts'
import { openSocket } from '../../../edge/moonraker/socket.ts'
import { silentLog } from '../../../runtime/log.ts'

const lastRun = z.object({
  filename: z.string(),
  job: z.string().nullable(),
  state: z.string(),
  lines: z.number(),
  layers: z.number(),
  bytes: z.number(),
  sha256: z.string(),
})
const printStats = z.object({
  state: z.string(),
  message: z.string(),
  filename: z.string(),
  total_duration: z.number(),
  filament_used: z.number(),
  info: z.object({ total_layer: z.number().nullable(), current_layer: z.number().nullable() }),
})

/** A client of Moonraker's API through the real client library, as a web interface uses it. */
export interface PrinterClient {
  call: (method: string, params?: object) => Promise<unknown>
  /** Calls a method of the edge, as the Moonraker component and other clients do. */
  agent: (method: string, args?: object) => Promise<Record<string, unknown>>
  printStats: () => Promise<z.infer<typeof printStats>>
  lastRun: () => Promise<z.infer<typeof lastRun> | null>
  /** The console's lines so far. */
  console: string[]
  notifications: string[]
  close: () => void
}

export async function connectPrinterClient(url: string): Promise<PrinterClient> {
  const consoleLines: string[] = []
  const notifications: string[] = []
  const rpc = createRpc({
    send: text => socket.send(text),
    onRequest: async () => ({}),
    onNotification(method, params) {
      notifications.push(method)
      if (method === 'notify_gcode_response' && Array.isArray(params)) consoleLines.push(String(params[0]))
    },
    answerMs: 1000,
    callMs: 10_000,
    log: silentLog,
  })
  let opened: () => void
  const open = new Promise<void>(resolve => {
    opened = resolve
  })
  const socket = openSocket({
    url,
    backoff: createBackoff(50, 200, () => 0.5),
    onOpen: () => opened(),
    onClose: rpc.reset,
    onMessage: rpc.receive,
    pingIntervalMs: 60_000,
    pongDeadlineMs: 60_000,
    log: silentLog,
  })
  await open
  const call = (method: string, params?: object) => rpc.call(method, params, z.unknown())
  return {
    call,
    async agent(method, args) {
      const params = { agent: 'lmnt_marketplace', method, ...(args ? { arguments: args } : {}) }
      return rpc.call('server.extensions.request', params, z.record(z.string(), z.unknown()))
    },
    async printStats() {
      const answer = await call('printer.objects.query', { objects: { print_stats: null } })
      return z.object({ status: z.object({ print_stats: printStats }) }).parse(answer).status.print_stats
    },
    async lastRun() {
      const answer = await call('virtual_printer.last_run')
      return lastRun.safeParse(answer).data ?? null
    },
    console: consoleLines,
    notifications,
    close() {
      socket.close()
      rpc.reset()
    },
  }
}
