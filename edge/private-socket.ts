import { chmod, rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { ConfigError } from '../runtime/config.ts'
import { longestSocketPath } from './config.ts'

export interface PrivateSocket {
  close: () => Promise<void>
}

/**
 * Listens at a unix socket of mode 0600, in a folder that is closed to other users: only our user and root can connect. Replaces the
 * socket file of a killed process. Throws ConfigError when the path is too long, or another edge listens there.
 */
export async function listenPrivately(path: string, onSocket: (socket: Socket) => void): Promise<PrivateSocket> {
  if (Buffer.byteLength(path) > longestSocketPath) {
    throw new ConfigError(`The path of a socket is longer than ${longestSocketPath} bytes: ${path}`)
  }
  if (await isAnswered(path)) throw new ConfigError(`Another edge is listening at ${path}`)
  await rm(path, { force: true })
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    onSocket(socket)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  await chmod(path, 0o600)
  return {
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** Whether a process listens at the path: a killed edge leaves its socket file, but does not accept a connection. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
