import { chmod } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { EdgeContext } from '../../context.ts'
import { makePrivateDir } from '../../durable.ts'
import { listenPrivately, type PrivateSocket } from '../../private-socket.ts'
import type { CurrentJob } from '../job/current-job.ts'
import { serveStream } from './lines.ts'

/** Listens for Klipper's extra. Throws ConfigError when its socket cannot be created, or another edge listens there. */
export async function startStreamServer(ctx: EdgeContext, currentJob: CurrentJob): Promise<PrivateSocket> {
  const path = ctx.config.streamSocket
  await makePrivateDir(dirname(path))
  await chmod(dirname(path), 0o700)
  return listenPrivately(path, socket => void serveStream(ctx, currentJob, socket))
}
