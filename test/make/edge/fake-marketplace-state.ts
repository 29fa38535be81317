import type { AppError } from '../../../schema/http/errors.ts'
import type { PreparedPurchase } from '../../../schema/http/preparations.ts'
import type { PrinterFacts } from '../../../schema/http/printer-facts.ts'
import type { FakeAccounts } from './fake-accounts.ts'
import type { AddOptions, FakeJob } from './fake-job.ts'
import type { FakeShop } from './fake-shop-routes.ts'
import type { MadeGcode } from './gcode.ts'

/** The state of the fake marketplace: facts that a test checks, and faults that it sets. */
export interface FakeMarketplace {
  url: string
  accounts: FakeAccounts
  shop: FakeShop
  jobs: FakeJob[]
  /** How long each poll let the marketplace wait for a job, in seconds. */
  pollSeconds: number[]
  /** The Range headers of downloads. */
  ranges: string[]
  grants: number
  opens: number
  isDown: boolean
  /** True: opening a key fails, as when the CWS cannot be reached. */
  isCwsDown: boolean
  /** True: opening a key fails because its limit of openings is reached. */
  areOpeningsExhausted: boolean
  /** Cuts the next download after this many bytes. */
  cutAfter: number | null
  /** Remaining prints of each purchase. */
  rightsLeft: number
  /** True: answers contain prints_remaining and profile_name, which earlier marketplaces did not send. */
  sendsRights: boolean
  /** Awaited before a requested print gets its job. */
  beforeOrder: () => Promise<void>
  /** Awaited once it has its job; the answer is lost when this returns false. */
  afterOrder: (job: FakeJob) => Promise<boolean>
  /** The message of an answer that the G-code has expired and is prepared again; null: a print gets its job. */
  renewal: string | null
  /** The Idempotency-Keys of all requests to print. */
  orders: string[]
  /** Errors that the next calls of report-print-status answer, one each. */
  refuseReports: AppError[]
  /** The boot nonce whose lease is valid: claims by another one are refused. */
  leaseOf: string | null
  /** Number of claims refused for that. */
  refusedClaims: number
  /** Prepared purchases without a print job, newest first. */
  prepared: PreparedPurchase[]
  /** The status of each answer with that list: 200, or 304 when it had not changed. */
  preparedAnswers: number[]
  /** The facts that the printer has reported, oldest first. */
  facts: PrinterFacts[]
  /** Prepares a purchase for the printer, without a job. */
  prepare: (gcode: MadeGcode, options?: AddOptions) => Promise<PreparedPurchase>
  /** Publishes a job for the printer. */
  add: (gcode: MadeGcode, options?: AddOptions) => Promise<FakeJob>
  close: () => Promise<void>
}
