import { ConfigError } from '../runtime/config.ts'
import { atMost } from '../runtime/deadline.ts'
import { idTokenVerifier } from '../runtime/id-token.ts'
import type { Log } from '../runtime/log.ts'
import { scaled } from '../runtime/time-scale.ts'
import { createApp } from './app.ts'
import type { ServiceConfig } from './config.ts'
import type { Context } from './context.ts'
import { type Cloud, openCloud, openParts } from './parts.ts'
import { releaseRequests } from './services/idempotency/index.ts'
import { backgroundDeliveries } from './services/outbox/index.ts'
import { runDue } from './services/tick.ts'

/** At a stop, a tick that takes longer is abandoned: the next instance's tick continues its work. */
const graceMs = 200
/** Time after SIGTERM at which running deliveries are abandoned. The next instance repeats them after their lease. */
const deliveriesMs = 9000

/**
 * Connects to all that the marketplace needs, and begins its ticks and deliveries. `close` ends both, and everything that is open.
 * Errors: ConfigError when the cloud's resources are missing or of another marketplace.
 */
export async function startMarketplace(config: ServiceConfig, log: Log) {
  const cloud = openCloud(config)
  const [{ context: parts, sql, close: closeParts }] = await Promise.all([
    openParts(config, log, cloud),
    requireCloud(config, cloud),
  ])
  const afterCommit = () => deliveries.start()
  const context: Omit<Context, 'actor'> = { ...parts, handlers: { ...parts.handlers, afterCommit } }
  const deliveries = backgroundDeliveries({ ...context, actor: null })
  const app = createApp({
    context,
    verifyIdToken: idTokenVerifier({
      jwksUrl: config.GOOGLE_JWKS_URL,
      issuer: config.GOOGLE_ISSUER,
      audience: config.MARKETPLACE_URL,
    }),
    ready: async () => {
      await sql`SELECT 1`
    },
  })
  const stopTicking = startTicking({ ...context, actor: null }, scaled(config.TICK_SECONDS, context.settings))

  async function close(stopListening: () => Promise<void>): Promise<void> {
    const deadline = performance.now() + deliveriesMs
    const ticked = stopTicking()
    // Long polls first: they would delay the closing of the server.
    context.wake.endWaits()
    await stopListening()
    await releaseRequests(context)
    const leftMs = Math.max(graceMs, deadline - performance.now())
    await Promise.all([atMost(graceMs, ticked), atMost(leftMs, deliveries.stop())])
    // The database last: everything above may still write.
    await closeParts()
  }
  return { app, close }
}

/** Topics, bucket and project must belong to the same marketplace: otherwise models would go to another marketplace's slicer. */
async function requireCloud(config: ServiceConfig, { queue, bucket }: Cloud): Promise<void> {
  if (!config.BUCKET_NAME.split('-').includes(config.ENVIRONMENT)) {
    throw new ConfigError(`BUCKET_NAME ${config.BUCKET_NAME} is not of the environment ${config.ENVIRONMENT}.`)
  }
  const missing = await queue.missingTopics()
  if (missing.length > 0) {
    throw new ConfigError(`Project ${config.GOOGLE_CLOUD_PROJECT} has no topic ${missing.join(', ')}.`)
  }
  await bucket.projectNumber().catch((error: unknown) => {
    throw new ConfigError(`The bucket ${config.BUCKET_NAME} cannot be used: ${String(error)}`)
  })
}

/**
 * Runs the tick at the start, since a process may have died during a payment, and then at this interval (0: only once). Ticks do
 * not overlap. Returns the function that stops it.
 */
function startTicking(ctx: Context, everySeconds: number): () => Promise<void> {
  let isStopped = false
  let timer: NodeJS.Timeout | undefined
  let running = Promise.resolve()
  const work = () => {
    running = runDue(ctx).finally(() => {
      if (!isStopped && everySeconds > 0) timer = setTimeout(work, everySeconds * 1000)
    })
  }
  work()
  return async () => {
    isStopped = true
    clearTimeout(timer)
    await running
  }
}
