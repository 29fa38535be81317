import { chmod, rm } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { ConfigError } from '../../../runtime/config.ts'
import { longestSocketPath } from '../../config.ts'
import type { EdgeContext } from '../../context.ts'
import { makePrivateDir } from '../../durable.ts'
import type { Desk } from '../job/current-job.ts'
import { serveStream } from './lines.ts'

export interface StreamServer {
  close: () => Promise<void>
}

/**
 * Listens for Klipper's extra. The folder is 0700 and the socket 0600: who can connect runs as our user, or as root.
 * Throws ConfigError when the socket cannot be where it should be, or another edge is there.
 */
export async function startStreamServer(ctx: EdgeContext, desk: Desk): Promise<StreamServer> {
  const path = ctx.config.streamSocket
  if (Buffer.byteLength(path) > longestSocketPath) {
    throw new ConfigError(`The path of the stream socket is longer than ${longestSocketPath} bytes: ${path}`)
  }
  await makePrivateDir(dirname(path))
  await chmod(dirname(path), 0o700)
  if (await isAnswered(path)) throw new ConfigError(`Another edge is listening at ${path}`)
  await rm(path, { force: true })

  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    void serveStream(ctx, desk, socket)
  })
  await listen(server, path)
  return {
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

async function listen(server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  await chmod(path, 0o600)
}

/** A socket file is left behind by an edge that was killed; one that is alive answers. */
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
