import type { Currency } from '../schema/http/money.ts'

/** The rules an operator may set; main.ts reads them from the environment. */
export interface Settings {
  /** Which marketplace of the project this is: the prefix of its topics and subscriptions. */
  environment: string
  /** Our own address, as users and printers reach it: in tokens as issuer, and in download addresses. */
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
  /** The token PRINT; without it nothing is paid in PRINT. */
  printTokenId: string | undefined
  /** For each currency that the fee may be paid in, in its smallest units. */
  slicingFees: Partial<Record<Currency, bigint>>
  /** How long a slice can be started after it was made. */
  gcodeTtlHours: number
  /** Jobs in a row that took a key and did not succeed, before an operator must look. */
  attemptsLimit: number
  /** What a password's hash costs: see services/auth/password.ts. */
  passwordCost: number
  /** Printers of one user. */
  printersLimit: number
  /** Registrations of printers by one user in 24 hours, removed ones included: each costs the operator a message. */
  printersPerDay: number
  /** Models of one designer in 24 hours. */
  modelsPerDay: number
  /** Uploads of model files by one designer in 24 hours, refused ones included. */
  uploadsPerDay: number
  /** Print profiles of one user. */
  profilesLimit: number
  /** Sessions of one user: of more, those not used for longest end. */
  sessionsLimit: number
  /** From which progress on (0 to 1) a print that was cancelled at the printer uses its right; null: never. */
  cancelledCountsFrom: number | null
  /** How long a claim holds without a word from its edge, before another boot of the printer may take it. */
  jobLeaseSeconds: number
  /** How long the slicer holds a preparation without progress. */
  preparationLeaseSeconds: number
  longPollMaxSeconds: number
  /** How long purchase-model waits for the ledger before it answers 202. */
  purchaseWaitSeconds: number
  /** A printing job without an end for so long is expired. */
  printingMaxDays: number
  /** How many times shorter durations are than in production: see runtime/time-scale.ts. */
  timeScale: number
  /** How many proxies of ours a request passes; each adds to X-Forwarded-For the address that it was called from. */
  trustedProxies: number
}
