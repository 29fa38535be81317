/**
 * A marketplace with only the routes that the edge calls, the wire formats of schema/http, and switches for faults. Tests read its
 * state, which is plain objects. The stack's tests run the edge with the real marketplace.
 */
import { randomBytes } from 'node:crypto'
import type { HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import { listen } from '../../../runtime/serve.ts'
import { AppError } from '../../../schema/http/errors.ts'
import { newId } from '../../../schema/http/ids.ts'
import { type PreparedPurchase, preparedPurchase } from '../../../schema/http/preparations.ts'
import { printRequest } from '../../../schema/http/print-jobs.ts'
import { printerFacts } from '../../../schema/http/printer-facts.ts'
import { problemContentType, toProblem } from '../../../schema/http/problem.ts'
import { addAccountRoutes, createAccounts } from './fake-accounts.ts'
import { type AddOptions, type FakeJob, isActive, makeJob } from './fake-job.ts'
import { addJobRoutes } from './fake-job-routes.ts'
import type { FakeMarketplace } from './fake-marketplace-state.ts'
import { addShopRoutes, createShop } from './fake-shop-routes.ts'
import type { MadeGcode } from './gcode.ts'

export { stranger, user } from './fake-accounts.ts'
export type { FakeJob } from './fake-job.ts'

export type { FakeMarketplace } from './fake-marketplace-state.ts'

const printerPaths =
  /^\/api\/(get-print-job|prepared|printer-facts|print\/download-gcode|print-jobs\/.*|report-print-status)$/

export interface FakeMarketplaceOptions {
  psek?: Buffer
  /**
   * The purchase of all jobs that are added without a title. With it, each job's purchase is listed as prepared, also after the
   * job. Without it, each job has a purchase of its own, which is not listed.
   */
  usualPurchaseId?: string
}

export async function startFakeMarketplace(options: FakeMarketplaceOptions = {}): Promise<FakeMarketplace> {
  const { psek = randomBytes(32), usualPurchaseId } = options
  const accounts = createAccounts()
  const made = new Map<string, { gcode: MadeGcode; options: AddOptions }>()
  /** By Idempotency-Key. */
  const ordered = new Map<string, Promise<FakeJob>>()

  const state: FakeMarketplace = {
    url: '',
    accounts,
    shop: createShop(),
    jobs: [],
    pollSeconds: [],
    ranges: [],
    grants: 0,
    opens: 0,
    isDown: false,
    isCwsDown: false,
    areOpeningsExhausted: false,
    cutAfter: null,
    rightsLeft: 0,
    sendsRights: false,
    beforeOrder: async () => {},
    afterOrder: async () => true,
    renewal: null,
    orders: [],
    refuseReports: [],
    leaseOf: null,
    refusedClaims: 0,
    prepared: [],
    preparedAnswers: [],
    facts: [],
    prepare,
    add,
    close: async () => {},
  }

  async function prepare(gcode: MadeGcode, options: AddOptions = {}): Promise<PreparedPurchase> {
    return list(await make(gcode, options))
  }

  function list({ claim }: FakeJob): PreparedPurchase {
    const prepared = preparedPurchase.parse(claim)
    const others = state.prepared.filter(one => one.purchase_id !== prepared.purchase_id)
    state.prepared = [prepared, ...others]
    return prepared
  }

  async function add(gcode: MadeGcode, options: AddOptions = {}): Promise<FakeJob> {
    const job = await make(gcode, options)
    if (usualPurchaseId !== undefined) list(job)
    state.jobs.push(job)
    return job
  }

  async function make(gcode: MadeGcode, options: AddOptions): Promise<FakeJob> {
    const isUsual = usualPurchaseId !== undefined && options.title === undefined
    const job = await makeJob(psek, gcode, isUsual ? { purchaseId: usualPurchaseId, ...options } : options)
    const purchaseId = job.claim.purchase_id
    made.set(purchaseId, { gcode, options: { ...options, purchaseId } })
    return job
  }

  async function reserve(purchaseId: string): Promise<FakeJob> {
    const known = made.get(purchaseId)
    if (!known) throw new AppError('not_found', 'There is no such purchase.')
    if (state.rightsLeft < 1) throw new AppError('no_rights_left', 'All prints of this purchase are used up.')
    state.rightsLeft--
    await state.beforeOrder()
    return add(known.gcode, known.options)
  }

  const app = new Hono<{ Bindings: HttpBindings }>()
  app.use(async (c, next) => {
    if (state.isDown) return c.text('down for maintenance', 503)
    // Routes for printers need the printer's token; routes for users check their own.
    if (printerPaths.test(c.req.path)) accounts.printer(c.req.header('authorization'))
    await next()
  })
  app.onError((error, c) => {
    const problem = toProblem(error, 'request-1')
    return c.body(JSON.stringify(problem), problem.status as 400, { 'content-type': problemContentType })
  })

  addAccountRoutes(app, accounts, isForced => {
    const active = state.jobs.filter(isActive)
    if (active.length > 0 && !isForced) throw new AppError('printer_busy', 'The printer is printing.')
    for (const job of active) job.status = 'failure'
  })
  addJobRoutes(app, state)
  addShopRoutes(app, accounts, state.shop)
  app.put('/api/printer-facts', async c => {
    state.facts.push(printerFacts.parse(await c.req.json()))
    return c.body(null, 204)
  })
  // By a printer for a purchase that is prepared for it, or by a user.
  app.post('/api/print', async c => {
    const authorization = c.req.header('authorization')
    const { purchase_id, printer_id } = printRequest.parse(await c.req.json())
    const isPrinter = authorization?.startsWith('Bearer printer.')
    const printerId = isPrinter ? accounts.printer(authorization).printer_id : printer_id
    if (!isPrinter) accounts.person(authorization)
    const key = c.req.header('idempotency-key') ?? randomBytes(16).toString('hex')
    state.orders.push(key)
    if (state.renewal !== null) {
      const preparation_id = newId('preparation', randomBytes)
      const renewed = { status: 'preparing', purchase_id, print_job_id: null, preparation_id, message: state.renewal }
      return c.json({ ...renewed, printer_id: printerId })
    }
    const order = ordered.get(key) ?? reserve(purchase_id)
    ordered.set(key, order)
    const job = await order
    if (!(await state.afterOrder(job))) c.env.outgoing.destroy()
    return c.json({ status: job.status, purchase_id, print_job_id: job.claim.print_job_id, printer_id: printerId })
  })
  app.get('/api/print-jobs', c => {
    accounts.person(c.req.header('authorization'))
    const printer_id = c.req.query('printer_id') ?? ''
    const jobs = state.jobs.map(
      ({ claim: { print_job_id, purchase_id }, status, isCancelRequested, isPauseRequested }) => ({
        print_job_id,
        purchase_id,
        printer_id,
        status,
        cancel_requested: isCancelRequested,
        pause_requested: isPauseRequested,
        progress: 0,
        error: null,
        stats: null,
        last_word_at: null,
        created_at: new Date().toISOString(),
        ended_at: null,
      }),
    )
    return c.json({ print_jobs: jobs.reverse() })
  })
  app.post('/api/print-jobs/:id/cancel', c => {
    accounts.person(c.req.header('authorization'))
    const job = state.jobs.find(one => one.claim.print_job_id === c.req.param('id'))
    if (!job) throw new AppError('not_found', 'There is no such job.')
    if (job.status === 'queued') job.status = 'cancelled'
    else job.isCancelRequested = true
    return c.json({ print_job_id: job.claim.print_job_id, purchase_id: job.claim.purchase_id, status: job.status })
  })
  app.post('/ops/decrypt-data', async c => {
    if (state.isCwsDown) throw new AppError('unavailable', 'Not now.')
    if (state.areOpeningsExhausted) throw new AppError('openings_exhausted', 'This job has opened its key too often.')
    if (c.req.header('authorization') !== 'Bearer grant') throw new AppError('unauthenticated', 'The grant is over.')
    const { dataToDecrypt } = (await c.req.json()) as { dataToDecrypt: string }
    if (dataToDecrypt !== 'wrapped-psek') throw new AppError('key_blob_invalid', 'The blob is not one of ours.')
    state.opens++
    return c.json({ decryptedData: psek.toString('base64') })
  })

  const listening = await listen(app)
  state.url = listening.url
  state.close = () => listening.close(0)
  return state
}
