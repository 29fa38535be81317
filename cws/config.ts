import { z } from 'zod'
import { ledgerConfig } from '../ledger/config.ts'
import { listenConfig } from '../runtime/config.ts'
import type { Database } from '../schema/db/connect.ts'
import { connectDatabase } from '../schema/db/connect.ts'
import { accountId } from '../schema/http/cws.ts'

/** The database: by CWS_DATABASE_URL, or by a host (or unix socket folder) and a name. */
export const databaseConfig = z.object({
  CWS_DATABASE_URL: z.url().optional(),
  CWS_DATABASE_HOST: z.string().optional(),
  CWS_DATABASE_NAME: z.string().default('lmnt_cws'),
  CWS_DATABASE_USER: z.string().optional(),
  CWS_DATABASE_PASSWORD: z.string().optional(),
  /** The folder of migrations, applied at the start. */
  CWS_MIGRATIONS: z.string().default('schema/db/migrations-cws'),
})

/** All that main.ts reads from the environment. */
export const serviceConfig = databaseConfig.extend({
  ...listenConfig,
  LOG_LEVEL: z.string().default('info'),
  /** Our own address, as services name it in their ID tokens. */
  CWS_URL: z.url(),
  BFF_ISSUER: z.url(),
  BFF_JWKS_URL: z.url(),
  GOOGLE_JWKS_URL: z.url().default('https://www.googleapis.com/oauth2/v3/certs'),
  GOOGLE_ISSUER: z.url().default('https://accounts.google.com'),
  BFF_SERVICE_ACCOUNT: z.email(),
  SLICER_SERVICE_ACCOUNT: z.email(),
  /** Who may ask for refunds: not the bff, so that one that is taken over cannot. Without it nothing is refunded. */
  OPERATOR_SERVICE_ACCOUNT: z.email().optional(),
  CWS_KEYRING_FILE: z.string().min(1),
  CWS_OPERATOR_KEY_FILE: z.string().min(1),
  CWS_DAILY_CAP_TINYBAR: z.coerce.bigint().positive(),
  /** In the token's units; without it no PRINT leaves any wallet. */
  CWS_DAILY_CAP_PRINT_UNITS: z.coerce.bigint().positive().optional(),
  /** A printer opens its key once a start, the slicer two keys an attempt. */
  CWS_OPENINGS_PER_JOB: z.coerce.number().int().positive().default(100),
  /** Put on the list of payees at the start. */
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
