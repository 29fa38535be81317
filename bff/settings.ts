import type { Currency } from '../schema/http/money.ts'

/** scrypt's N for passwords is 2 to this power: services/auth/password.ts. */
export const usualCost = 14

/** The operator's settings, from the environment (config.ts). */
export interface Settings {
  /** The name of this marketplace within the project: the prefix of its topics and subscriptions. */
  environment: string
  /** The marketplace's public address: the issuer of tokens, and part of download addresses. */
  marketplaceUrl: string
  cwsUrl: string
  slicerUrl: string
  network: string
  operatorId: string
  topicId: string
  feeAccountId: string
  bucketName: string
  slicerServiceAccount: string
  pushServiceAccount: string
  schedulerServiceAccount: string
  /** The id of the token PRINT; undefined: payments in PRINT are refused. */
  printTokenId: string | undefined
  /** The fee in each accepted currency, in its smallest units. */
  slicingFees: Partial<Record<Currency, bigint>>
  /** How long a print may be started after slicing. */
  gcodeTtlHours: number
  /** The most bytes of sealed slices that are kept for later preparations; 0: none is kept. */
  sliceCacheBytes: number
  /** How long a slice is kept for later preparations. */
  sliceCacheHours: number
  /** Whether a request to print G-code that has expired prepares it again, without a fee. */
  autoPrepare: boolean
  /** Consecutive jobs that were granted a key and did not succeed, after which an operator must release the purchase. */
  attemptsLimit: number
  /** The cost of a password hash: see services/auth/password.ts. */
  passwordCost: number
  /** Maximum of printers per user. */
  printersLimit: number
  /** Registrations of printers per user and 24 hours, removed ones included: the operator pays a ledger message for each. */
  printersPerDay: number
  /** Published models per designer and 24 hours. */
  modelsPerDay: number
  /** Uploads of model files per designer and 24 hours, refused ones included. */
  uploadsPerDay: number
  /** Maximum of print profiles per user. */
  profilesLimit: number
  /** Maximum of sessions per user; further log-ins end the least recently used. */
  sessionsLimit: number
  /** The progress (0 to 1) from which a print cancelled at the printer uses its right; null: never. */
  cancelledCountsFrom: number | null
  /** How long a claim holds without a call from its edge, before another boot of the printer may take over the job. */
  jobLeaseSeconds: number
  /** How long the slicer's lease of a preparation lasts without progress. */
  preparationLeaseSeconds: number
  longPollMaxSeconds: number
  /** How long purchase-model waits for the ledger before it answers 202. */
  purchaseWaitSeconds: number
  /** A job that has been printing for longer is expired. */
  printingMaxDays: number
  /** Divides durations, for tests: see runtime/time-scale.ts. */
  timeScale: number
  /** The number of our proxies before the service; each appends its caller's address to X-Forwarded-For. */
  trustedProxies: number
}
