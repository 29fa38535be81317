import { z } from 'zod'
import type { Log } from '../../runtime/log.ts'
import { createBackoff, type Jitter } from '../backoff.ts'
import { type Changes, createChanges } from '../changes.ts'
import { agentName, version } from '../version.ts'
import { isIdle, mergeStatus, type ObjectStatus, type PrinterState, readState, subscription } from './printer-state.ts'
import { type CallOptions, createRpc } from './rpc.ts'
import { openSocket } from './socket.ts'

export interface MoonrakerOptions {
  /** Such as ws://127.0.0.1:7125/websocket */
  url: string
  apiKey?: string | undefined
  /** Where people find the edge; shown in Moonraker's list of agents. */
  homeUrl: string
  /** Answers the agent's methods. */
  onRequest: (method: string, params: unknown) => Promise<unknown>
  /** What Klipper's macros may call, by action_call_remote_method("lmnt_marketplace/NAME", ...). */
  remoteMethods: readonly string[]
  /** Such a call; there is no answer to it. */
  onRemoteCall: (method: string, params: Record<string, unknown>) => void
  jitter: Jitter
  log: Log
  timing?: Partial<typeof defaultTiming>
}

const defaultTiming = {
  firstRetryMs: 500,
  longestRetryMs: 15_000,
  pingIntervalMs: 10_000,
  pongDeadlineMs: 5000,
  callMs: 10_000,
  answerMs: 10_000,
}

export interface Moonraker {
  state: () => PrinterState
  /** Rings at every change of the state. */
  changes: Changes
  /** Errors: MoonrakerError, printer_offline. */
  call: <T extends z.ZodType>(
    method: string,
    params: object | undefined,
    answer: T,
    options?: CallOptions<z.infer<T>>,
  ) => Promise<z.infer<T>>
  /** Asks Klipper for the state now, instead of waiting to be told. Errors as `call`. */
  refresh: () => Promise<PrinterState>
  close: () => void
}

/** Names of remote methods are one space for all of Klipper's clients. */
const remotePrefix = `${agentName}/`

const statusAnswer = z.object({ status: z.record(z.string(), z.record(z.string(), z.unknown())) })
const serverInfo = z.object({ klippy_state: z.string() })

/**
 * The edge as Moonraker's agent. On every connection it says who it is and subscribes anew; Moonraker remembers neither.
 * When Klippy comes back it subscribes again, since its end ends all subscriptions.
 */
export function connectMoonraker(options: MoonrakerOptions): Moonraker {
  const { log } = options
  const timing = { ...defaultTiming, ...options.timing }
  const backoff = createBackoff(timing.firstRetryMs, timing.longestRetryMs, options.jitter)
  const changes = createChanges()
  let objects: ObjectStatus = {}
  let state: PrinterState = { ...readState({}), klippy: 'disconnected', isConnected: false, idleSince: null }

  const rpc = createRpc({
    send: text => socket.send(text),
    onRequest: options.onRequest,
    onNotification: notified,
    answerMs: timing.answerMs,
    callMs: timing.callMs,
    log,
  })
  const socket = openSocket({
    url: options.url,
    backoff,
    onOpen: () => void introduce(),
    onClose: lost,
    onMessage: rpc.receive,
    pingIntervalMs: timing.pingIntervalMs,
    pongDeadlineMs: timing.pongDeadlineMs,
    log,
  })

  function move(change: Partial<PrinterState>): void {
    const next = { ...state, ...change }
    state = { ...next, idleSince: isIdle(next) ? (state.idleSince ?? performance.now()) : null }
    changes.emit()
  }

  async function introduce(): Promise<void> {
    try {
      const key = options.apiKey === undefined ? {} : { api_key: options.apiKey }
      const identity = { client_name: agentName, version, type: 'agent', url: options.homeUrl, ...key }
      await rpc.call('server.connection.identify', identity, z.unknown())
      const { klippy_state } = await rpc.call('server.info', undefined, serverInfo)
      backoff.reset()
      log.info({ klippy: klippy_state }, 'connected to Moonraker')
      registerRemoteMethods().catch((error: unknown) => log.warn({ err: error }, 'macros cannot call the edge'))
      if (klippy_state === 'ready' || klippy_state === 'shutdown' || klippy_state === 'error') await subscribe()
      else move({ isConnected: true, klippy: 'disconnected' })
    } catch (error) {
      // Also when another edge has our name: that connection can never be used again.
      log.warn({ err: error }, 'Moonraker refused the edge, connecting again')
      socket.drop()
    }
  }

  /** Klippy remembers them, and Moonraker tells a new Klippy; but Moonraker forgets them with the connection. */
  async function registerRemoteMethods(): Promise<void> {
    const names = options.remoteMethods.map(name => ({ method_name: remotePrefix + name }))
    await Promise.all(names.map(name => rpc.call('connection.register_remote_method', name, z.unknown())))
  }

  function subscribe(): Promise<unknown> {
    return rpc.call('printer.objects.subscribe', { objects: subscription }, statusAnswer, {
      take: ({ status }) => know(status),
    })
  }

  function know(status: ObjectStatus): void {
    objects = status
    move({ ...readState(objects), isConnected: true })
  }

  function notified(method: string, params: unknown[] | Record<string, unknown>): void {
    const [first] = Array.isArray(params) ? params : []
    if (method.startsWith(remotePrefix)) {
      options.onRemoteCall(method.slice(remotePrefix.length), Array.isArray(params) ? {} : params)
    } else if (method === 'notify_status_update') {
      const changed = statusAnswer.shape.status.safeParse(first)
      if (!changed.success) return
      objects = mergeStatus(objects, changed.data)
      move(readState(objects))
    } else if (method === 'notify_klippy_ready') {
      subscribe().catch((error: unknown) => {
        log.warn({ err: error }, 'Moonraker refused the subscription, connecting again')
        socket.drop()
      })
    } else if (method === 'notify_klippy_shutdown') {
      // The message comes with the next status; the word alone is enough to stop trusting any "ok".
      objects = mergeStatus(objects, { webhooks: { state: 'shutdown' } })
      move(readState(objects))
    } else if (method === 'notify_klippy_disconnected') {
      objects = {}
      move({ klippy: 'disconnected', klippyMessage: 'Klipper is not running' })
    }
  }

  function lost(): void {
    rpc.reset()
    if (state.isConnected) log.warn({}, 'lost the connection to Moonraker')
    move({ isConnected: false })
  }

  return {
    state: () => state,
    changes,
    call: rpc.call,
    async refresh() {
      const wanted = { webhooks: null, print_stats: null, virtual_sdcard: null, lmnt_stream: subscription.lmnt_stream }
      await rpc.call('printer.objects.query', { objects: wanted }, statusAnswer, {
        take({ status }) {
          objects = mergeStatus(objects, status)
          move(readState(objects))
        },
      })
      return state
    },
    close() {
      socket.close()
      rpc.reset()
    },
  }
}
