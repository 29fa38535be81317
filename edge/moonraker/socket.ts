/**
 * The only file that imports moonraker-client. Only that package's reconnecting websocket is used, by a deep import and without its
 * buffer: the buffer would send a stale printer.print.start after a reconnect. Everything above the socket is ours (rpc.ts,
 * connection.ts).
 */
import type { Websocket } from 'moonraker-client/dist/websocket/websocketClient.js'
import { WebsocketBuilder } from 'moonraker-client/dist/websocket/websocketClientBuilder.js'
import type { Log } from '../../runtime/log.ts'
import type { Backoff } from '../backoff.ts'

export interface SocketOptions {
  url: string
  /** The caller resets it after a successful identification, not after the mere opening of a connection. */
  backoff: Backoff
  onOpen: () => void
  onClose: () => void
  onMessage: (text: string) => void
  /** The interval of pings, and the time-out of their pongs. */
  pingIntervalMs: number
  pongDeadlineMs: number
  log: Log
}

export interface Socket {
  /** False when there is no connection: the text is not sent, now or later. */
  send: (text: string) => boolean
  /** Gives this connection up; another is made after the back-off. */
  drop: () => void
  /** Closes it permanently. */
  close: () => void
}

/** Connects, and connects again whenever the connection is lost, until it is closed. */
export function openSocket(options: SocketOptions): Socket {
  const { url, backoff, log } = options
  let heartbeat: NodeJS.Timeout | undefined
  const socket = new WebsocketBuilder(url)
    .withBackoff({ retries: 0, current: 0, next: backoff.next, reset: () => {} })
    .onOpen(guard(() => open(socket)))
    .onClose(guard(close))
    .onError(guard(() => log.debug({ url }, 'no connection to Moonraker')))
    .onMessage(guard((_socket, event) => options.onMessage(String(event.data))))
    .build()

  function open(opened: Websocket): void {
    heartbeat = startHeartbeat(opened, options)
    options.onOpen()
  }

  function close(): void {
    clearInterval(heartbeat)
    options.onClose()
  }

  /** An exception in a listener would go through the library into the event loop and end the process. */
  function guard<A extends unknown[]>(listener: (...args: A) => void): (...args: A) => void {
    return (...args) => {
      try {
        listener(...args)
      } catch (error) {
        log.error({ err: error }, 'a listener of the Moonraker connection failed')
      }
    }
  }

  return {
    send(text) {
      if (socket.readyState !== socket.underlyingWebsocket.OPEN) return false
      socket.send(text)
      return true
    },
    drop: () => socket.underlyingWebsocket.terminate(),
    close() {
      clearInterval(heartbeat)
      socket.close()
      // A peer that does not answer the closing handshake would keep the process alive for half a minute.
      socket.underlyingWebsocket.terminate()
    },
  }
}

/** Ends a connection whose peer no longer answers (a pulled cable, a hung process). */
function startHeartbeat(socket: Websocket, { pingIntervalMs, pongDeadlineMs, log }: SocketOptions): NodeJS.Timeout {
  const { underlyingWebsocket } = socket
  let deadline: NodeJS.Timeout | undefined
  underlyingWebsocket.on('pong', () => clearTimeout(deadline))
  underlyingWebsocket.on('close', () => clearTimeout(deadline))
  return setInterval(() => {
    clearTimeout(deadline)
    underlyingWebsocket.ping()
    deadline = setTimeout(() => {
      log.warn({}, 'Moonraker does not answer, connecting again')
      underlyingWebsocket.terminate()
    }, pongDeadlineMs)
  }, pingIntervalMs)
}
