import { z } from 'zod'
import { ledgerConfig } from '../ledger/config.ts'
import { listenConfig } from '../runtime/config.ts'
import type { Database } from '../schema/db/connect.ts'
import { connectDatabase } from '../schema/db/connect.ts'
import { accountId } from '../schema/http/cws.ts'

/** The database: either CWS_DATABASE_URL, or host (or the folder of a unix socket) and name. */
export const databaseConfig = z.object({
  CWS_DATABASE_URL: z.url().optional(),
  CWS_DATABASE_HOST: z.string().optional(),
  CWS_DATABASE_NAME: z.string().default('lmnt_cws'),
  CWS_DATABASE_USER: z.string().optional(),
  CWS_DATABASE_PASSWORD: z.string().optional(),
  /** The folder of the migrations that are applied at the start. */
  CWS_MIGRATIONS: z.string().default('schema/db/migrations-cws'),
})

/** All variables that main.ts reads from the environment. */
export const serviceConfig = databaseConfig.extend({
  ...listenConfig,
  LOG_LEVEL: z.string().default('info'),
  /** The CWS's own address: the audience of the ID tokens of its callers. */
  CWS_URL: z.url(),
  BFF_ISSUER: z.url(),
  BFF_JWKS_URL: z.url(),
  GOOGLE_JWKS_URL: z.url().default('https://www.googleapis.com/oauth2/v3/certs'),
  GOOGLE_ISSUER: z.url().default('https://accounts.google.com'),
  BFF_SERVICE_ACCOUNT: z.email(),
  SLICER_SERVICE_ACCOUNT: z.email(),
  /** The only service account that may sign refunds; not the bff's, so that a compromised bff cannot. Unset: no refunds. */
  OPERATOR_SERVICE_ACCOUNT: z.email().optional(),
  CWS_KEYRING_FILE: z.string().min(1),
  CWS_OPERATOR_KEY_FILE: z.string().min(1),
  CWS_DAILY_CAP_TINYBAR: z.coerce.bigint().positive(),
  /** In the token's smallest unit. Unset: no PRINT leaves any wallet. */
  CWS_DAILY_CAP_PRINT_UNITS: z.coerce.bigint().positive().optional(),
  /** The limit for one job. A printer opens one key for each start, the slicer two for each attempt. */
  CWS_OPENINGS_PER_JOB: z.coerce.number().int().positive().default(100),
  /** Receives the slicing fees. Added to the list of payees at the start. */
  FEE_ACCOUNT_ID: accountId,
  ...ledgerConfig,
})

/** Opens the database that the configuration names. */
export function openDatabase(config: z.infer<typeof databaseConfig>): Database {
  const at = config.CWS_DATABASE_URL
    ? { url: config.CWS_DATABASE_URL }
    : {
        host: config.CWS_DATABASE_HOST,
        database: config.CWS_DATABASE_NAME,
        user: config.CWS_DATABASE_USER,
        password: config.CWS_DATABASE_PASSWORD,
      }
  return connectDatabase({ ...at, applicationName: 'lmnt-cws' })
}
