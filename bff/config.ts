import { z } from 'zod'
import { ledgerConfig } from '../ledger/config.ts'
import { ConfigError, listenConfig, seconds } from '../runtime/config.ts'
import { requireRealTime, scaled } from '../runtime/time-scale.ts'
import { accountId } from '../schema/http/cws.ts'
import { type Settings, usualCost } from './settings.ts'

const count = z.coerce.number().int().positive()

/** All environment variables of main.ts. */
export const serviceConfig = z.object({
  ...listenConfig,
  LOG_LEVEL: z.string().default('info'),

  /** The marketplace's address for users, printers and services. */
  MARKETPLACE_URL: z.url(),
  /** The number of proxies that append to X-Forwarded-For: 1 on Cloud Run, 2 with your own load balancer in front of it. */
  TRUSTED_PROXIES: z.coerce.number().int().min(0).max(10).optional(),
  CWS_URL: z.url(),
  SLICER_URL: z.url(),
  TOKEN_KEY_FILE: z.string().min(1),

  /** The database: either DATABASE_URL, or a host (or unix socket folder) and a name. */
  DATABASE_URL: z.url().optional(),
  DATABASE_HOST: z.string().optional(),
  DATABASE_NAME: z.string().default('lmnt'),
  DATABASE_USER: z.string().optional(),
  DATABASE_PASSWORD: z.string().optional(),
  DATABASE_POOL: count.default(10),
  /** The folder of the migrations that are applied at the start. */
  MIGRATIONS: z.string().default('schema/db/migrations'),

  GOOGLE_CLOUD_PROJECT: z.string().min(1),
  /** The name of this marketplace within the project: prefix of its topics, part of its bucket's name. */
  ENVIRONMENT: z.string().regex(/^[a-z][a-z0-9-]{1,20}$/),
  BUCKET_NAME: z.string().min(3),
  STORAGE_API_ENDPOINT: z.url().optional(),
  GOOGLE_JWKS_URL: z.url().default('https://www.googleapis.com/oauth2/v3/certs'),
  GOOGLE_ISSUER: z.url().default('https://accounts.google.com'),
  SLICER_SERVICE_ACCOUNT: z.email(),
  PUSH_SERVICE_ACCOUNT: z.email(),
  SCHEDULER_SERVICE_ACCOUNT: z.email(),

  ...ledgerConfig,
  FEE_ACCOUNT_ID: accountId,
  SLICING_FEE_TINYBAR: z.coerce.bigint().nonnegative(),
  /** In the token's smallest units; unset: the fee is paid in HBAR only. */
  SLICING_FEE_PRINT_UNITS: z.coerce.bigint().nonnegative().optional(),

  /** May be a fraction of an hour. */
  GCODE_TTL_HOURS: z.coerce.number().positive().max(8760).default(24),
  /** Sealed slices that later preparations reuse; 0: none. */
  SLICE_CACHE_MIB: z.coerce.number().int().min(0).default(10_240),
  SLICE_CACHE_HOURS: z.coerce.number().positive().max(8760).default(168),
  /** Prepare G-code that has expired again, without a fee, when somebody prints it. */
  AUTO_PREPARE: z.stringbool().default(true),
  ATTEMPTS_LIMIT: count.default(5),
  /** scrypt's N is 2 to this power. Raise it on fast machines; lower values are for tests only. */
  PASSWORD_COST: z.coerce.number().int().min(1).max(20).default(usualCost),
  PRINTERS_LIMIT: count.default(100),
  PRINTERS_PER_DAY: count.default(20),
  MODELS_PER_DAY: count.default(20),
  UPLOADS_PER_DAY: count.default(100),
  PROFILES_LIMIT: count.default(200),
  SESSIONS_LIMIT: count.default(50),
  /** The progress (0 to 1) from which a print cancelled at the printer counts as used; unset: never. */
  CANCELLED_COUNTS_FROM: z.coerce.number().gt(0).max(1).optional(),
  JOB_LEASE_SECONDS: seconds.default(60),
  PREPARATION_LEASE_SECONDS: seconds.default(120),
  LONG_POLL_MAX_SECONDS: z.coerce.number().min(0).max(60).default(25),
  PURCHASE_WAIT_SECONDS: z.coerce.number().min(0).max(60).default(10),
  PRINTING_MAX_DAYS: count.default(7),
  /** Interval of the tick within the process; 0: a scheduler calls /internal/tick. */
  TICK_SECONDS: z.coerce.number().min(0).default(0),
})
export type ServiceConfig = z.infer<typeof serviceConfig>

/** Refuses settings for tests on a real network: shorter durations and cheap password hashes. */
export function refuseTestSettings(
  config: Pick<ServiceConfig, 'LEDGER_NETWORK' | 'TIME_SCALE' | 'PASSWORD_COST'>,
): void {
  const isReal = config.LEDGER_NETWORK !== 'local'
  requireRealTime(config, isReal)
  if (isReal && config.PASSWORD_COST < usualCost) {
    throw new ConfigError(
      `The configuration cannot be used:\n  PASSWORD_COST: is at least ${usualCost}, other than on a local network`,
    )
  }
}

export function toSettings(config: ServiceConfig): Settings {
  const timeScale = config.TIME_SCALE
  const short = (duration: number) => scaled(duration, { timeScale })
  return {
    environment: config.ENVIRONMENT,
    marketplaceUrl: config.MARKETPLACE_URL,
    cwsUrl: config.CWS_URL,
    slicerUrl: config.SLICER_URL,
    network: config.LEDGER_NETWORK,
    operatorId: config.LEDGER_OPERATOR_ID,
    topicId: config.LEDGER_TOPIC_ID,
    feeAccountId: config.FEE_ACCOUNT_ID,
    bucketName: config.BUCKET_NAME,
    slicerServiceAccount: config.SLICER_SERVICE_ACCOUNT,
    pushServiceAccount: config.PUSH_SERVICE_ACCOUNT,
    schedulerServiceAccount: config.SCHEDULER_SERVICE_ACCOUNT,
    printTokenId: config.LEDGER_PRINT_TOKEN_ID,
    slicingFees: {
      hbar: config.SLICING_FEE_TINYBAR,
      ...(config.SLICING_FEE_PRINT_UNITS === undefined ? {} : { print: config.SLICING_FEE_PRINT_UNITS }),
    },
    gcodeTtlHours: config.GCODE_TTL_HOURS,
    sliceCacheBytes: config.SLICE_CACHE_MIB * 2 ** 20,
    sliceCacheHours: config.SLICE_CACHE_HOURS,
    autoPrepare: config.AUTO_PREPARE,
    attemptsLimit: config.ATTEMPTS_LIMIT,
    passwordCost: config.PASSWORD_COST,
    printersLimit: config.PRINTERS_LIMIT,
    printersPerDay: config.PRINTERS_PER_DAY,
    modelsPerDay: config.MODELS_PER_DAY,
    uploadsPerDay: config.UPLOADS_PER_DAY,
    profilesLimit: config.PROFILES_LIMIT,
    sessionsLimit: config.SESSIONS_LIMIT,
    cancelledCountsFrom: config.CANCELLED_COUNTS_FROM ?? null,
    jobLeaseSeconds: short(config.JOB_LEASE_SECONDS),
    preparationLeaseSeconds: short(config.PREPARATION_LEASE_SECONDS),
    longPollMaxSeconds: short(config.LONG_POLL_MAX_SECONDS),
    purchaseWaitSeconds: short(config.PURCHASE_WAIT_SECONDS),
    printingMaxDays: short(config.PRINTING_MAX_DAYS),
    timeScale,
    // Cloud Run's front end is one proxy: otherwise all clients would seem to have its address.
    trustedProxies: config.TRUSTED_PROXIES ?? (config.K_SERVICE ? 1 : 0),
  }
}
