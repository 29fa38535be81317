import { Server, ServerCredentials } from '@grpc/grpc-js'
import type { Faults } from '../faults.ts'
import type { TokenIssuer } from '../issuer/issuer.ts'
import { openBroker } from './broker.ts'
import { publisherMethods, subscriberMethods } from './protocol.ts'
import { publisherService } from './publisher.ts'
import { startPusher } from './push.ts'
import { subscriberService } from './subscriber.ts'

export interface PubsubOptions {
  dataDir: string
  port: number
  projectId: string
  issuer: TokenIssuer
  pushConcurrency: number
  timeScale: number
  faults: Faults
  clock: () => Date
  log: (text: string) => void
}

export interface PubsubServer {
  /** For PUBSUB_EMULATOR_HOST. */
  host: string
  close: () => Promise<void>
}

const requestLimitBytes = 12 * 1024 * 1024

/** Serves Pub/Sub's gRPC API over a journal, and pushes. */
export async function startPubsub(options: PubsubOptions): Promise<PubsubServer> {
  const { dataDir, port, projectId, issuer, pushConcurrency, timeScale, faults, clock, log } = options
  const broker = await openBroker({ dataDir, clock, timeScale })
  const server = new Server({ 'grpc.max_receive_message_length': requestLimitBytes })
  server.addService(publisherMethods, publisherService(broker, projectId))
  server.addService(subscriberMethods, subscriberService(broker, { projectId, hasAccount: issuer.hasAccount }))
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, taken) =>
      error ? reject(error) : resolve(taken),
    )
  }).catch(async (error: unknown) => {
    await broker.close()
    throw error
  })
  const pusher = startPusher({ broker, issuer, concurrency: pushConcurrency, timeScale, faults, log })
  return {
    host: `127.0.0.1:${bound}`,
    async close() {
      server.forceShutdown()
      await pusher.close()
      await broker.close()
    },
  }
}
