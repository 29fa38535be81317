import { randomBytes } from 'node:crypto'
import { connectDatabase } from '../schema/db/connect.ts'
import { migrate } from '../schema/db/migrate.ts'
import { ConfigError, readConfig } from '../service/config.ts'
import { cwsClient } from '../service/cws.ts'
import { idTokenVerifier, serviceHeaders } from '../service/id-token.ts'
import { createLog, type Log } from '../service/log.ts'
import { listen, onShutdown, run } from '../service/serve.ts'
import { createApp } from './app.ts'
import { googleBucket } from './bucket/google.ts'
import { type ServiceConfig, serviceConfig, toSettings } from './config.ts'
import type { Context } from './context.ts'
import { toLedgerOptions } from './ledger/config.ts'
import { connectLedger } from './ledger/connect.ts'
import { googlePublish } from './queue/google.ts'
import { inspectAt } from './services/model/inspect.ts'
import { runDue } from './services/tick.ts'
import { readSigningKey } from './tokens/keys.ts'
import { createTokens } from './tokens/tokens.ts'
import { startWake } from './wake.ts'

run(async () => {
  const config = readConfig(serviceConfig, process.env)
  const log = createLog('bff', config.LOG_LEVEL)
  const marketplace = start(config, log)
  // The port answers at once, so that a platform sees life; requests wait for the rest, which takes a second.
  const listening = await listen(
    {
      fetch: async (request, env?: object) => {
        if (new URL(request.url).pathname === '/livez') return Response.json({ status: 'ok' })
        return (await marketplace).app.fetch(request, env)
      },
    },
    { port: config.PORT, host: config.HOST },
  )
  const { close } = await marketplace
  log.info({ url: listening.url }, 'the marketplace listens')
  onShutdown(() => close(listening.close))
})

async function start(config: ServiceConfig, log: Log) {
  const clock = () => new Date()
  const settings = toSettings(config)
  const project = config.GOOGLE_CLOUD_PROJECT
  const endpoint = config.STORAGE_API_ENDPOINT ? { apiEndpoint: config.STORAGE_API_ENDPOINT } : {}
  const bucket = googleBucket({ bucketName: config.BUCKET_NAME, projectId: project, ...endpoint })
  const queue = googlePublish({ projectId: project, env: config.ENVIRONMENT })
  const database = openDatabase(config)
  const [headers, ledger, key] = await Promise.all([
    serviceHeaders(),
    connectLedger({ ...toLedgerOptions(config), clock, random: randomBytes }),
    readSigningKey(config.TOKEN_KEY_FILE),
    migrate(database.sql, config.MIGRATIONS),
    requireCloud(config, queue.missingTopics, bucket.projectNumber),
  ])
  const wake = await startWake(database.sql)
  const context: Omit<Context, 'actor'> = {
    db: database.db,
    clock,
    random: randomBytes,
    log,
    settings,
    tokens: createTokens(key, config.MARKETPLACE_URL, clock),
    cws: cwsClient(config.CWS_URL, headers),
    ledger,
    bucket,
    publish: queue.publish,
    inspect: inspectAt(config.SLICER_URL, headers),
    wake,
  }
  const app = createApp({
    context,
    verifyIdToken: idTokenVerifier({
      jwksUrl: config.GOOGLE_JWKS_URL,
      issuer: config.GOOGLE_ISSUER,
      audience: config.MARKETPLACE_URL,
    }),
    ready: async () => {
      await database.sql`SELECT 1`
    },
  })
  const stopTicking = startTicking({ ...context, actor: null }, config.TICK_SECONDS)

  async function close(stopListening: () => Promise<void>): Promise<void> {
    // Long polls first: they are what would keep the server from closing.
    wake.drain()
    await stopListening()
    await stopTicking()
    await wake.close()
    await queue.close()
    ledger.close()
    await database.close()
  }
  return { app, close }
}

function openDatabase(config: ServiceConfig) {
  const at = config.DATABASE_URL
    ? { url: config.DATABASE_URL }
    : {
        host: config.DATABASE_HOST,
        database: config.DATABASE_NAME,
        user: config.DATABASE_USER,
        password: config.DATABASE_PASSWORD,
      }
  return connectDatabase({ ...at, applicationName: 'lmnt-bff', max: config.DATABASE_POOL })
}

/** Topics, bucket and project must be of one marketplace: a mix would send one's models to another's slicer. */
async function requireCloud(
  config: ServiceConfig,
  missingTopics: () => Promise<string[]>,
  projectNumber: () => Promise<string | undefined>,
): Promise<void> {
  if (!config.BUCKET_NAME.split('-').includes(config.ENVIRONMENT)) {
    throw new ConfigError(`BUCKET_NAME ${config.BUCKET_NAME} is not of the environment ${config.ENVIRONMENT}.`)
  }
  const missing = await missingTopics()
  if (missing.length > 0) {
    throw new ConfigError(`Project ${config.GOOGLE_CLOUD_PROJECT} has no topic ${missing.join(', ')}.`)
  }
  await projectNumber().catch((error: unknown) => {
    throw new ConfigError(`The bucket ${config.BUCKET_NAME} cannot be used: ${String(error)}`)
  })
}

/** Runs the tick one after the other, so that a slow one is not overtaken. Returns what stops it. */
function startTicking(ctx: Context, everySeconds: number): () => Promise<void> {
  if (everySeconds === 0) return async () => {}
  let isStopped = false
  let timer: NodeJS.Timeout
  let running = Promise.resolve()
  const next = () => {
    timer = setTimeout(() => {
      running = runDue(ctx).finally(() => !isStopped && next())
    }, everySeconds * 1000)
  }
  next()
  return async () => {
    isStopped = true
    clearTimeout(timer)
    await running
  }
}
