import { z } from 'zod'
import type { Log } from '../../runtime/log.ts'
import { createBackoff, type Jitter } from '../backoff.ts'
import { type Changes, createChanges } from '../changes.ts'
import { agentName, version } from '../version.ts'
import {
  emptyStatus,
  isDisputed,
  type MergedStatus,
  statusOf,
  withAnswer,
  withDifference,
  withFields,
  withSnapshot,
} from './merged-status.ts'
import { isIdle, type PrinterState, readState } from './printer-state.ts'
import { type CallOptions, createRpc, MoonrakerError } from './rpc.ts'
import { openSocket } from './socket.ts'
import { objectsToSubscribe, printObjects } from './subscription.ts'

export interface MoonrakerOptions {
  /** Such as ws://127.0.0.1:7125/websocket */
  url: string
  apiKey?: string | undefined
  /** Where people find the edge; shown in Moonraker's list of agents. */
  homeUrl: string
  /** Answers the agent's methods. */
  onRequest: (method: string, params: unknown) => Promise<unknown>
  /** Methods for Klipper's macros, which call action_call_remote_method("lmnt_marketplace/NAME", ...). */
  remoteMethods: readonly string[]
  /** Handles such a call, which has no answer. */
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
  /** How long messages that have crossed may wait to be settled by the next one: Klipper reports changes every 250 ms. */
  disputedMs: 1000,
}

export interface Moonraker {
  state: () => PrinterState
  /** Emits at every change of the state. */
  changes: Changes
  /** Errors: MoonrakerError, printer_offline. */
  call: <T extends z.ZodType>(
    method: string,
    params: object | undefined,
    answer: T,
    options?: CallOptions<z.infer<T>>,
  ) => Promise<z.infer<T>>
  /** Asks Klipper for the state now, instead of waiting for the next change. Errors as `call`. */
  refresh: () => Promise<PrinterState>
  /** Subscribes to temperatures and the print's objects, too, until the returned function is called. */
  watch: () => () => void
  close: () => void
}

const keyAdvice =
  'Moonraker requires a log-in (force_logins). Put its API key into a file of mode 0600, and name that file by moonraker_api_key_file in lmnt-edge.cfg'

/** Names of remote methods are one space for all of Klipper's clients. */
const remotePrefix = `${agentName}/`

const objectStatus = z.record(z.string(), z.record(z.string(), z.unknown()))
const statusAnswer = z.object({ eventtime: z.number(), status: objectStatus })
const statusUpdate = z.tuple([objectStatus, z.number()])
const objectNames = z.object({ objects: z.array(z.string()) })
const serverInfo = z.object({ klippy_state: z.string() })

/**
 * Connects the edge as Moonraker's agent. It identifies itself and subscribes on every connection, since Moonraker remembers neither,
 * and subscribes again when Klippy comes back.
 */
export function connectMoonraker(options: MoonrakerOptions): Moonraker {
  const { log } = options
  const timing = { ...defaultTiming, ...options.timing }
  const backoff = createBackoff(timing.firstRetryMs, timing.longestRetryMs, options.jitter)
  const changes = createChanges()
  let latest = emptyStatus
  let dispute: NodeJS.Timeout | null = null
  let watchers = 0
  let state: PrinterState = {
    ...readState({}),
    klippy: 'disconnected',
    isConnected: false,
    idleSince: null,
    pausedSince: null,
    consoleError: null,
  }

  const rpc = createRpc({
    send: text => socket.send(text),
    onRequest: options.onRequest,
    onNotification,
    answerMs: timing.answerMs,
    callMs: timing.callMs,
    log,
  })
  const socket = openSocket({
    url: options.url,
    backoff,
    onOpen: () => void identify(),
    onClose: onConnectionLost,
    onMessage: rpc.receive,
    pingIntervalMs: timing.pingIntervalMs,
    pongDeadlineMs: timing.pongDeadlineMs,
    log,
  })

  function setState(change: Partial<PrinterState>): void {
    const next = { ...state, ...change }
    const isPaused = next.printStats.state === 'paused'
    state = {
      ...next,
      idleSince: isIdle(next) ? (state.idleSince ?? performance.now()) : null,
      pausedSince: isPaused ? (state.pausedSince ?? performance.now()) : null,
    }
    changes.emit()
  }

  async function identify(): Promise<void> {
    try {
      const key = options.apiKey === undefined ? {} : { api_key: options.apiKey }
      const identity = { client_name: agentName, version, type: 'agent', url: options.homeUrl, ...key }
      await rpc.call('server.connection.identify', identity, z.unknown())
      const { klippy_state } = await rpc.call('server.info', undefined, serverInfo)
      backoff.reset()
      log.info({ klippy: klippy_state }, 'connected to Moonraker')
      registerRemoteMethods().catch((error: unknown) => log.warn({ err: error }, 'macros cannot call the edge'))
      if (klippy_state === 'ready' || klippy_state === 'shutdown' || klippy_state === 'error') await subscribe()
      else setState({ isConnected: true, klippy: 'disconnected' })
    } catch (error) {
      // Also when another edge has our name: that connection can never be used again.
      const isKeyMissing =
        options.apiKey === undefined && error instanceof MoonrakerError && /unauthorized/i.test(error.message)
      if (isKeyMissing) log.error({ moonraker: options.url }, keyAdvice)
      else log.warn({ err: error }, 'Moonraker refused the edge, connecting again')
      socket.drop()
    }
  }

  /** Moonraker registers them at every new Klippy, but forgets them when the connection closes. */
  async function registerRemoteMethods(): Promise<void> {
    const names = options.remoteMethods.map(name => ({ method_name: remotePrefix + name }))
    await Promise.all(names.map(name => rpc.call('connection.register_remote_method', name, z.unknown())))
  }

  async function subscribe(): Promise<void> {
    const { objects } = await rpc.call('printer.objects.list', undefined, objectNames)
    const wanted = objectsToSubscribe(objects, { isWatched: watchers > 0 })
    await rpc.call('printer.objects.subscribe', { objects: wanted }, statusAnswer, {
      onResult: snapshot => updateStatus(withSnapshot(latest, snapshot), { isConnected: true }),
    })
  }

  function updateStatus(next: MergedStatus, change: Partial<PrinterState> = {}): void {
    latest = next
    if (latest.subscribed || latest.queried) setState({ ...readState(statusOf(latest)), ...change })
    if (isDisputed(latest)) dispute ??= setTimeout(settle, timing.disputedMs).unref()
  }

  /** Requests a new snapshot when no later difference has settled the printer's state. */
  function settle(): void {
    dispute = null
    if (state.isConnected && isDisputed(latest)) subscribeOrConnectAgain()
  }

  function subscribeOrConnectAgain(): void {
    subscribe().catch((error: unknown) => {
      log.warn({ err: error }, 'Moonraker refused the subscription, connecting again')
      socket.drop()
    })
  }

  function countWatchers(change: 1 | -1): void {
    const before = watchers
    watchers += change
    const isChanged = before === 0 || watchers === 0
    if (isChanged && state.isConnected && state.klippy !== 'disconnected') subscribeOrConnectAgain()
  }

  function onNotification(method: string, params: unknown[] | Record<string, unknown>): void {
    if (method.startsWith(remotePrefix)) {
      options.onRemoteCall(method.slice(remotePrefix.length), Array.isArray(params) ? {} : params)
    } else if (method === 'notify_status_update') {
      const update = statusUpdate.safeParse(params)
      if (!update.success) return
      const [status, eventtime] = update.data
      updateStatus(withDifference(latest, { eventtime, status }))
    } else if (method === 'notify_gcode_response') {
      const [line] = Array.isArray(params) ? params : []
      const text = typeof line === 'string' ? /^!! (.*)/.exec(line)?.[1] : undefined
      if (text !== undefined) setState({ consoleError: { text, at: performance.now() } })
    } else if (method === 'notify_klippy_ready') {
      subscribeOrConnectAgain()
    } else if (method === 'notify_klippy_shutdown') {
      // The message comes with the next status; the shutdown counts at once.
      updateStatus(withFields(latest, { webhooks: { state: 'shutdown' } }))
      setState({ klippy: 'shutdown' })
    } else if (method === 'notify_klippy_disconnected') {
      latest = emptyStatus
      setState({ klippy: 'disconnected', klippyMessage: 'Klipper is not running' })
    }
  }

  function onConnectionLost(): void {
    rpc.reset()
    latest = emptyStatus
    if (state.isConnected) log.warn({}, 'lost the connection to Moonraker')
    setState({ isConnected: false })
  }

  return {
    state: () => state,
    changes,
    call: rpc.call,
    async refresh() {
      await rpc.call('printer.objects.query', { objects: printObjects }, statusAnswer, {
        onResult: answer => updateStatus(withAnswer(latest, answer)),
      })
      return state
    },
    watch() {
      countWatchers(1)
      let isWatching = true
      return () => {
        if (isWatching) countWatchers(-1)
        isWatching = false
      }
    },
    close() {
      if (dispute) clearTimeout(dispute)
      socket.close()
      rpc.reset()
    },
  }
}
