import { eq, inArray } from 'drizzle-orm'
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import type { Context } from '../../../../bff/context.ts'
import { cancelPrintJob } from '../../../../bff/services/print-job/cancel.ts'
import { claimPrintJob } from '../../../../bff/services/print-job/claim.ts'
import { expirePrintJobs } from '../../../../bff/services/print-job/expire.ts'
import { recordProgress } from '../../../../bff/services/print-job/progress.ts'
import { reportOutcome } from '../../../../bff/services/print-job/report.ts'
import { requestPrint } from '../../../../bff/services/print-job/request.ts'
import { removePrinter } from '../../../../bff/services/printer/remove.ts'
import * as tables from '../../../../schema/db/bff/index.ts'
import { isAppError } from '../../../../schema/http/errors.ts'
import { instancesSuite } from '../../../make/instances.ts'
import type { TestContext } from '../../../make/market.ts'
import { makePreparation, makePrepared, makePrinter, type Prepared, printerContext } from '../../../make/prepared.ts'

/**
 * The invariants of a purchase and its print jobs after parallel requests, in any order, to two instances of the marketplace.
 */
const boots = ['boot-nonce-of-one-edge', 'boot-nonce-of-a-clone']

interface Step {
  do: 'print' | 'claim' | 'start' | 'success' | 'failure' | 'cancel' | 'expire' | 'remove'
  /** Which instance is asked, which of the two printers and boots, and which of the jobs there are. */
  instance: number
  printer: number
  boot: number
  job: number
}

const words: Step['do'][] = [
  'print',
  'print',
  'print',
  'claim',
  'claim',
  'start',
  'success',
  'failure',
  'cancel',
  'expire',
]
const step = fc.record({
  do: fc.oneof({ weight: 20, arbitrary: fc.constantFrom(...words) }, fc.constant<'remove'>('remove')),
  instance: fc.nat(1),
  printer: fc.nat(1),
  boot: fc.nat(1),
  job: fc.nat(4),
})
const rounds = fc.array(
  fc.record({
    steps: fc.array(step, { minLength: 2, maxLength: 8 }),
    passMinutes: fc.constantFrom(0, 0, 2, 1500, 12_000),
  }),
  { minLength: 2, maxLength: 8 },
)

const test = instancesSuite('rights and jobs under two instances')

test('rights stay exact under any parallel requests to both instances', async ({ market, instances }) => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 3 }), rounds, async (allowed, sequence) => {
      const own = await makePrepared(market, allowed)
      const printers = [own.printerId, await secondPrinter(market, own)]
      for (const { steps, passMinutes } of sequence) {
        const jobs = await jobsOf(market, own)
        const run = (one: Step) => perform(instances[one.instance]!, market, own, printers[one.printer]!, one, jobs)
        const answers = await Promise.allSettled(steps.map(run))
        for (const answer of answers) {
          if (answer.status === 'rejected' && !isAppError(answer.reason)) throw answer.reason
        }
        await check(market, own)
        market.clock.pass(passMinutes * 60_000)
      }
    }),
    { numRuns: 40 },
  )
})

async function secondPrinter(market: TestContext, own: Prepared): Promise<string> {
  const printerId = await makePrinter(market, own.userId)
  const [first] = await market.db
    .select({ profileId: tables.preparations.printProfileId })
    .from(tables.preparations)
    .where(eq(tables.preparations.preparationId, own.preparationId))
  await makePreparation(market, { purchaseId: own.purchaseId, printerId, profileId: first!.profileId })
  return printerId
}

async function perform(
  instance: Context,
  market: TestContext,
  own: Prepared,
  printerId: string,
  wanted: Step,
  jobs: (typeof tables.printJobs.$inferSelect)[],
): Promise<unknown> {
  const user: Context = { ...instance, actor: own.user.actor }
  const bootNonce = boots[wanted.boot]!
  if (wanted.do === 'print') return requestPrint(user, { purchase_id: own.purchaseId, printer_id: printerId })
  if (wanted.do === 'expire') return expirePrintJobs(user)
  if (wanted.do === 'remove') return removePrinter(user, printerId, { force: wanted.boot === 0 })
  if (wanted.do === 'claim') {
    const printer: Context = { ...instance, actor: printerContext(market, printerId, own.userId).actor }
    return claimPrintJob(printer, bootNonce, 0, new AbortController().signal)
  }
  const job = jobs[wanted.job]
  if (!job) return
  if (wanted.do === 'cancel') return cancelPrintJob(user, job.printJobId)
  const printer: Context = { ...instance, actor: printerContext(market, job.printerId, own.userId).actor }
  if (wanted.do === 'start') {
    return recordProgress(printer, job.printJobId, { boot_nonce: bootNonce, progress: 0.5, is_printing: true })
  }
  return reportOutcome(printer, {
    user_id: own.userId,
    purchase_id: own.purchaseId,
    print_job_id: job.printJobId,
    status: wanted.do,
  })
}

async function check(market: TestContext, own: Prepared): Promise<void> {
  const jobs = await jobsOf(market, own)
  const [purchase] = await market.db
    .select()
    .from(tables.purchases)
    .where(eq(tables.purchases.purchaseId, own.purchaseId))
  const { printsUsed, printsReserved, printsAllowed } = purchase!
  const count = (isSo: (job: (typeof jobs)[number]) => boolean) => jobs.filter(isSo).length

  assert.is(
    printsUsed,
    count(job => job.outcome === 'success'),
    'used rights are successes, one for one',
  )
  assert.is(
    printsReserved,
    count(job => ['queued', 'claimed', 'printing'].includes(job.status)),
    'live jobs hold a right',
  )
  assert.ok(printsUsed + printsReserved <= printsAllowed)
  for (const printerId of new Set(jobs.map(job => job.printerId))) {
    const active = count(job => job.printerId === printerId && ['claimed', 'printing'].includes(job.status))
    assert.ok(active <= 1, 'one active job a printer')
  }
  const events = await market.db
    .select({ type: tables.outbox.type, payload: tables.outbox.payload })
    .from(tables.outbox)
    .where(eq(tables.outbox.purchaseId, own.purchaseId))
  const told = (type: string) => events.filter(event => event.type === type).length
  assert.is(told('model_print'), printsUsed, 'each success is told once')
  assert.is(told('print_job'), jobs.length, 'each job is told once')
  assert.is(
    told('print_failure'),
    count(job => job.outcome === 'failure'),
    'each failure is told once',
  )
}

function jobsOf(market: TestContext, own: Prepared) {
  return market.db
    .select()
    .from(tables.printJobs)
    .where(inArray(tables.printJobs.purchaseId, [own.purchaseId]))
    .orderBy(tables.printJobs.createdAt, tables.printJobs.printJobId)
}

test.run()
