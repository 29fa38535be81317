import { randomBytes } from 'node:crypto'
import { toLedgerOptions } from '../ledger/config.ts'
import { connectLedger } from '../ledger/connect.ts'
import { cwsClient } from '../runtime/cws.ts'
import { serviceHeaders } from '../runtime/id-token.ts'
import type { Log } from '../runtime/log.ts'
import { connectDatabase } from '../schema/db/connect.ts'
import { migrate } from '../schema/db/migrate.ts'
import { googleBucket } from './bucket/google.ts'
import { type ServiceConfig, toSettings } from './config.ts'
import type { Context } from './context.ts'
import { googlePublish } from './queue/google.ts'
import { handlers } from './services/handlers.ts'
import { slicerAt } from './slicer.ts'
import { enginesAt } from './slicer-engines.ts'
import { readSigningKey } from './tokens/keys.ts'
import { createTokens } from './tokens/tokens.ts'
import { startWake } from './wake.ts'

/** The clients of Cloud Storage and Pub/Sub. Sends no request yet. */
export function openCloud(config: ServiceConfig) {
  const projectId = config.GOOGLE_CLOUD_PROJECT
  const endpoint = config.STORAGE_API_ENDPOINT ? { apiEndpoint: config.STORAGE_API_ENDPOINT } : {}
  return {
    bucket: googleBucket({ bucketName: config.BUCKET_NAME, projectId, ...endpoint }),
    queue: googlePublish({ projectId, env: config.ENVIRONMENT }),
  }
}
export type Cloud = ReturnType<typeof openCloud>

/** Builds the context of the verbs from the configuration, for main.ts and operator.ts. */
export async function openParts(config: ServiceConfig, log: Log, { bucket, queue }: Cloud) {
  const clock = () => new Date()
  const database = openDatabase(config)
  const [headers, ledger, key] = await Promise.all([
    serviceHeaders(),
    connectLedger({ ...toLedgerOptions(config), clock, random: randomBytes }),
    readSigningKey(config.TOKEN_KEY_FILE),
    migrate(database.sql, config.MIGRATIONS),
  ])
  const wake = await startWake(database, { log })
  const context: Omit<Context, 'actor'> = {
    db: database.db,
    clock,
    random: randomBytes,
    log,
    settings: toSettings(config),
    tokens: createTokens(key, config.MARKETPLACE_URL, clock, config.TIME_SCALE),
    cws: cwsClient(config.CWS_URL, headers),
    ledger,
    bucket,
    publish: queue.publish,
    ...slicerAt(config.SLICER_URL, headers),
    hasEngine: enginesAt(config.SLICER_URL, clock),
    wake,
    leasedRequests: new Set(),
    handlers,
  }
  const close = async () => {
    await wake.close()
    await queue.close()
    await ledger.close()
    await database.close()
  }
  return { context, sql: database.sql, close }
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
