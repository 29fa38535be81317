import type { AppError } from '../../../schema/http/errors.ts'
import type { PreparedPurchase } from '../../../schema/http/preparations.ts'
import type { PrinterFacts } from '../../../schema/http/printer-facts.ts'
import type { FakeAccounts } from './fake-accounts.ts'
import type { AddOptions, FakeJob } from './fake-job.ts'
import type { MadeGcode } from './gcode.ts'

/** What a test sees of the marketplace that its edge talks to, and what it can make go wrong there. */
export interface FakeMarketplace {
  url: string
  accounts: FakeAccounts
  jobs: FakeJob[]
  /** Ranges that were asked for. */
  ranges: string[]
  grants: number
  opens: number
  isDown: boolean
  /** No key is opened, as when the CWS is out of reach. */
  areKeysAway: boolean
  /** The CWS opens no key any more, because it was opened as often as it may be. */
  areOpeningsUsedUp: boolean
  /** Ends the next download after so many bytes. */
  cutAfter: number | null
  /** How many more prints a purchase allows. */
  rightsLeft: number
  /** Whether it says how many, and with which profile a slice was made, as it does since the printer asks for rights. */
  isTellingRights: boolean
  /** Waited for before a print that was asked for gets its job. */
  beforeOrder: () => Promise<void>
  /** Waited for when it has its job; the answer is lost where this says false. */
  afterOrder: (job: FakeJob) => Promise<boolean>
  /** The Idempotency-Keys of all that asked for one. */
  orders: string[]
  /** The next answers of report-print-status, instead of taking it. */
  refuseReports: AppError[]
  /** Claims by another boot nonce than this are refused, as while a lease lives. */
  leaseOf: string | null
  /** How many claims were refused for that. */
  refusedClaims: number
  /** What is prepared and was not asked to be printed yet, newest first. */
  prepared: PreparedPurchase[]
  /** How the list of it was answered: 200, or 304 while it was the same. */
  preparedAnswers: number[]
  /** What the printer has said of itself, oldest first. */
  facts: PrinterFacts[]
  /** Prepares a purchase for the printer, without a job. */
  prepare: (gcode: MadeGcode, options?: AddOptions) => Promise<PreparedPurchase>
  /** Publishes a job for the printer. */
  add: (gcode: MadeGcode, options?: AddOptions) => Promise<FakeJob>
  close: () => Promise<void>
}
