import { eq } from 'drizzle-orm'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { cancelPrintJob } from '../../../../bff/services/print-job/cancel.ts'
import { claimPrintJob } from '../../../../bff/services/print-job/claim.ts'
import { expirePrintJobs } from '../../../../bff/services/print-job/expire.ts'
import { pausePrintJob } from '../../../../bff/services/print-job/pause.ts'
import { recordProgress } from '../../../../bff/services/print-job/progress.ts'
import { reportOutcome } from '../../../../bff/services/print-job/report.ts'
import { requestPrint } from '../../../../bff/services/print-job/request.ts'
import { resumePrintJob } from '../../../../bff/services/print-job/resume.ts'
import { startWake } from '../../../../bff/wake.ts'
import { outbox, printJobs, purchases } from '../../../../schema/db/bff/index.ts'
import { type ErrorCode, isAppError } from '../../../../schema/http/errors.ts'
import type { JobStatus } from '../../../../schema/http/print-jobs.ts'
import { makeContext, type TestContext } from '../../../make/market.ts'
import { makePrepared, type Prepared } from '../../../make/prepared.ts'

/**
 * The state machine of a print job and its rights, in its simplest form: what a purchase and its jobs must look like after any
 * sequence of what users, printers and time may do. The services must agree with it after every step.
 */
interface Model {
  allowed: number
  used: number
  attempts: number
  isExpired: boolean
  jobs: {
    status: JobStatus
    outcome: 'success' | 'failure' | 'print_overrun' | null
    hadKey: boolean
    isPauseWanted: boolean
    isSilent: boolean
  }[]
}
const attemptsLimit = 5
const live: JobStatus[] = ['queued', 'claimed', 'printing']

type Step = JobStep | { do: 'print' } | { do: 'claim' } | { do: 'expire' } | { do: 'wait a week' }
type JobStep = { do: 'start' | 'success' | 'failure' | 'cancel' | 'pause' | 'resume'; job: number }

const reserved = (model: Model) => model.jobs.filter(job => live.includes(job.status)).length
const failed = (model: Model, job: Model['jobs'][number]) => {
  if (job.hadKey) model.attempts++
}

/** What the step must answer: null, or the code it is refused with. Changes the model as the step changes the world. */
function expected(model: Model, step: Step): ErrorCode | null {
  if (step.do === 'print') {
    if (model.isExpired) return 'gcode_expired'
    if (model.attempts >= attemptsLimit) return 'attempts_exhausted'
    if (model.used + reserved(model) >= model.allowed) return 'no_rights_left'
    model.jobs.push({ status: 'queued', outcome: null, hadKey: false, isPauseWanted: false, isSilent: false })
    return null
  }
  if (step.do === 'claim') {
    const active = model.jobs.find(job => job.status === 'claimed' || job.status === 'printing')
    if (active) active.isSilent = false
    const next = model.jobs.find(job => job.status === 'queued')
    if (!active && next && !model.isExpired) Object.assign(next, { status: 'claimed', hadKey: true })
    return null
  }
  if (step.do === 'wait a week') {
    model.isExpired = true
    for (const job of model.jobs) job.isSilent = true
    return null
  }
  if (step.do === 'expire') {
    for (const job of model.jobs) {
      const isDue = job.status === 'printing' ? job.isSilent : model.isExpired
      if (!isDue || !live.includes(job.status)) continue
      job.status = 'expired'
      failed(model, job)
    }
    return null
  }
  const job = model.jobs[step.job]
  if (!job) return 'not_found'
  if (step.do === 'start') {
    if (!job.hadKey) return 'job_claimed_elsewhere'
    if (job.status === 'claimed') job.status = 'printing'
    job.isSilent = false
    return null
  }
  if (step.do === 'cancel') {
    if (!live.includes(job.status)) return 'job_ended'
    if (job.status === 'queued') job.status = 'cancelled'
    return null
  }
  if (step.do === 'pause' || step.do === 'resume') {
    if (!live.includes(job.status)) return 'job_ended'
    if (job.status === 'queued') return 'job_not_printing'
    job.isPauseWanted = step.do === 'pause'
    return null
  }
  return reported(model, job, step.do)
}

function reported(model: Model, job: Model['jobs'][number], status: 'success' | 'failure'): ErrorCode | null {
  if (job.outcome) {
    const first = job.outcome === 'print_overrun' ? 'success' : job.outcome
    return first === status ? null : 'outcome_conflict'
  }
  if (job.status === 'claimed' || job.status === 'printing') {
    job.status = job.outcome = status
    if (status === 'failure') failed(model, job)
    else Object.assign(model, { used: model.used + 1, attempts: 0 })
    return null
  }
  if (job.status !== 'expired') return 'job_ended'
  job.outcome = status
  if (status === 'failure') return null
  if (model.used + reserved(model) < model.allowed) Object.assign(model, { used: model.used + 1, attempts: 0 })
  else job.outcome = 'print_overrun'
  return null
}

const job = fc.nat(5)
const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constant<Step>({ do: 'print' }) },
    { weight: 4, arbitrary: fc.constant<Step>({ do: 'claim' }) },
    { weight: 2, arbitrary: fc.constant<Step>({ do: 'expire' }) },
    { weight: 1, arbitrary: fc.constant<Step>({ do: 'wait a week' }) },
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constantFrom('start', 'success', 'failure', 'cancel', 'pause', 'resume'),
        job,
      }) as fc.Arbitrary<JobStep>,
    },
  ),
  { minLength: 5, maxLength: 30 },
)

const test = suite<{ market: TestContext }>('the machine of rights and jobs')

test.before(async world => {
  world.market = await makeContext({ startAt: new Date('2026-11-22T10:00:00Z') })
  world.market.ctx.wake = await startWake(world.market.database)
})
test.after(async ({ market }) => {
  await market.ctx.wake.close()
  await market.close()
})

test('agrees with its plain model after any sequence of steps', async ({ market }) => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4 }), steps, async (allowed, sequence) => {
      const own = await makePrepared(market, allowed)
      const model: Model = { allowed, used: 0, attempts: 0, isExpired: false, jobs: [] }
      for (const step of sequence) {
        market.clock.pass(1)
        const wanted = expected(model, step)
        const got = await codeOf(run(market, own, step))
        assert.is(got, wanted, `${JSON.stringify(step)} answered ${got}, not ${wanted}`)
        await compare(market, own, model)
      }
    }),
    { numRuns: 80 },
  )
})

async function run(market: TestContext, own: Prepared, step: Step): Promise<unknown> {
  if (step.do === 'print') return requestPrint(own.user, { purchase_id: own.purchaseId })
  if (step.do === 'claim') return claimPrintJob(own.printer, 'boot-nonce-of-one-edge', 0, new AbortController().signal)
  if (step.do === 'wait a week') return market.clock.pass(7 * 24 * 3600_000 + 1000)
  if (step.do === 'expire') return expirePrintJobs(own.user)
  const jobs = await jobsOf(market, own)
  const id = jobs[step.job]?.printJobId ?? `job_${'0'.repeat(26)}`
  if (step.do === 'cancel') return cancelPrintJob(own.user, id)
  if (step.do === 'pause') return pausePrintJob(own.user, id)
  if (step.do === 'resume') return resumePrintJob(own.user, id)
  if (step.do === 'start') {
    return recordProgress(own.printer, id, { boot_nonce: 'boot-nonce-of-one-edge', progress: 0, is_printing: true })
  }
  const { userId: user_id, purchaseId: purchase_id } = own
  return reportOutcome(own.printer, { user_id, purchase_id, print_job_id: id, status: step.do })
}

async function compare(market: TestContext, own: Prepared, model: Model): Promise<void> {
  const [purchase] = await market.db.select().from(purchases).where(eq(purchases.purchaseId, own.purchaseId))
  const jobs = await jobsOf(market, own)
  const successes = jobs.filter(({ outcome }) => outcome === 'success').length
  assert.equal(
    jobs.map(({ status, outcome, pauseRequested }) => ({ status, outcome, pauseRequested })),
    model.jobs.map(({ status, outcome, isPauseWanted: pauseRequested }) => ({ status, outcome, pauseRequested })),
  )
  assert.is(purchase!.printsUsed, model.used)
  assert.is(purchase!.printsReserved, reserved(model))
  assert.is(purchase!.attempts, model.attempts)
  assert.is(purchase!.printsUsed, successes, 'used rights are successes, one for one')
  const events = await market.db.select().from(outbox).where(eq(outbox.purchaseId, own.purchaseId))
  assert.is(events.filter(({ type }) => type === 'model_print').length, successes)
}

/** In the order of their making: the clock is moved a little at each step, so that no two have the same time. */
async function jobsOf(market: TestContext, own: Prepared) {
  return market.db.select().from(printJobs).where(eq(printJobs.purchaseId, own.purchaseId)).orderBy(printJobs.createdAt)
}

async function codeOf(work: Promise<unknown>): Promise<ErrorCode | null> {
  try {
    await work
    return null
  } catch (error) {
    if (isAppError(error)) return error.code
    throw error
  }
}

test.run()
