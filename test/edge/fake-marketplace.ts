/**
 * A marketplace that has only what the edge asks for, with the wire formats of schema/http, and switches for what can go
 * wrong. Its state is plain objects for a test to look at. The real one is tested with the edge by the stack's tests.
 */
import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import { wrapKey } from '../../schema/gcode/keys.ts'
import { sealGcode } from '../../schema/gcode/writer.ts'
import { AppError } from '../../schema/http/errors.ts'
import { newId } from '../../schema/http/ids.ts'
import { type PreparedPurchase, preparedPurchase } from '../../schema/http/preparations.ts'
import {
  type ClaimedJob,
  claimQuery,
  type JobStatus,
  keyGrantRequest,
  type ProgressRequest,
  printRequest,
  progressRequest,
  type ReportRequest,
  reportRequest,
} from '../../schema/http/print-jobs.ts'
import { problemContentType, toProblem } from '../../schema/http/problem.ts'
import { listen } from '../../service/serve.ts'
import { eventually } from './eventually.ts'
import { addAccountRoutes, createAccounts, type FakeAccounts, user } from './fake-accounts.ts'
import type { MadeGcode } from './gcode.ts'

export interface FakeJob {
  claim: Omit<ClaimedJob, 'cws_token' | 'cws_url' | 'gcode_download_url_proxy' | 'gcode_file_url'>
  status: JobStatus
  bootNonce: string | null
  isCancelRequested: boolean
  isPauseRequested: boolean
  sealed: Buffer
  reports: ReportRequest[]
  wasPrinting: boolean
  /** What the edge told, in order. */
  told: Pick<ProgressRequest, 'progress' | 'is_printing'>[]
}

export { stranger, user } from './fake-accounts.ts'

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
  /** Ends the next download after so many bytes. */
  cutAfter: number | null
  /** How many more prints a purchase allows. */
  rightsLeft: number
  /** Waited for before a print that was asked for gets its job. */
  beforeOrder: () => Promise<void>
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
  /** Prepares a purchase for the printer, without a job. */
  prepare: (gcode: MadeGcode, options?: AddOptions) => Promise<PreparedPurchase>
  /** Publishes a job for the printer. */
  add: (gcode: MadeGcode, options?: AddOptions) => Promise<FakeJob>
  close: () => Promise<void>
}

export interface AddOptions {
  title?: string
  purchaseId?: string
  /** Changes the sealed bytes after their hash was announced, or before (`announced`). */
  alter?: (sealed: Buffer) => Buffer
  announced?: boolean
}

const printerPaths = /^\/api\/(get-print-job|prepared|print\/download-gcode|print-jobs\/.*|report-print-status)$/

export async function startFakeMarketplace(): Promise<FakeMarketplace> {
  const psek = randomBytes(32)
  const pseks = new Map([['wrapped-psek', psek]])
  const accounts = createAccounts()
  const made = new Map<string, { gcode: MadeGcode; options: AddOptions }>()

  const state: FakeMarketplace = {
    url: '',
    accounts,
    jobs: [],
    ranges: [],
    grants: 0,
    opens: 0,
    isDown: false,
    areKeysAway: false,
    cutAfter: null,
    rightsLeft: 0,
    beforeOrder: async () => {},
    refuseReports: [],
    leaseOf: null,
    refusedClaims: 0,
    prepared: [],
    preparedAnswers: [],
    prepare,
    add,
    close: async () => {},
  }

  async function prepare(gcode: MadeGcode, options: AddOptions = {}): Promise<PreparedPurchase> {
    const { claim } = await make(gcode, options)
    const prepared = preparedPurchase.parse(claim)
    const others = state.prepared.filter(one => one.purchase_id !== prepared.purchase_id)
    state.prepared = [prepared, ...others]
    return prepared
  }

  async function add(gcode: MadeGcode, options: AddOptions = {}): Promise<FakeJob> {
    const job = await make(gcode, options)
    state.jobs.push(job)
    return job
  }

  async function make(gcode: MadeGcode, options: AddOptions): Promise<FakeJob> {
    const purchaseId = options.purchaseId ?? newId('purchase', randomBytes)
    const preparationId = newId('preparation', randomBytes)
    const dek = randomBytes(32)
    const totals = { estimated_time_s: 4325, filament_mm: 4321.5, layers: gcode.layers }
    const source = (async function* () {
      yield Buffer.from(gcode.text)
    })()
    const parts: Buffer[] = []
    const seal = { dek, purchaseId, preparationId, randomBytes, clock: Date.now, estimates: () => totals }
    for await (const part of sealGcode(source, seal)) parts.push(part)
    const whole = Buffer.concat(parts)
    const sealed = options.alter ? options.alter(Buffer.from(whole)) : whole
    const wrapped = wrapKey(psek, dek)
    const job: FakeJob = {
      claim: {
        print_job_id: newId('job', randomBytes),
        purchase_id: purchaseId,
        preparation_id: preparationId,
        user_id: user.user_id,
        status: 'claimed',
        cancel_requested: false,
        pause_requested: false,
        psek_encrypted_gcode_dek: wrapped,
        gcode_dek: wrapped,
        kek_encrypted_psek_for_gcode_encryption: 'wrapped-psek',
        title: options.title ?? 'Gear',
        thumbnail: Buffer.alloc(200, 7).toString('base64'),
        thumbnail_small: Buffer.alloc(40, 7).toString('base64'),
        totals: { ...totals, bytes: Buffer.byteLength(gcode.text), lines: gcode.lines, sha256: gcode.sha256 },
        summary: {
          object_height_mm: 8,
          layer_height_mm: 0.2,
          first_layer_height_mm: 0.25,
          nozzle_diameter_mm: 0.4,
          filament_type: 'PLA',
          filament_name: 'Generic PLA @0.4 nozzle',
          filament_colour: '#2196F3',
          filament_weight_g: 12.89,
          first_layer_temperature_c: 215,
          first_layer_bed_temperature_c: 60,
          chamber_temperature_c: 35,
        },
        size: sealed.length,
        sha256: createHash('sha256')
          .update(options.announced ? whole : sealed)
          .digest('hex'),
      },
      status: 'queued',
      bootNonce: null,
      isCancelRequested: false,
      isPauseRequested: false,
      sealed,
      reports: [],
      wasPrinting: false,
      told: [],
    }
    made.set(purchaseId, { gcode, options: { ...options, purchaseId } })
    return job
  }

  const isActive = (job: FakeJob) => job.status === 'claimed' || job.status === 'printing'

  function claim(bootNonce: string): FakeJob | undefined {
    const job = state.jobs.find(isActive) ?? state.jobs.find(one => one.status === 'queued')
    if (!job) return undefined
    if (job.bootNonce !== null && job.bootNonce === state.leaseOf && job.bootNonce !== bootNonce) {
      state.refusedClaims++
      throw new AppError('job_claimed_elsewhere', 'Another start of this printer holds the job.')
    }
    job.bootNonce = bootNonce
    if (job.status === 'queued') job.status = 'claimed'
    return job
  }

  function jobOf(id: string, bootNonce?: string): FakeJob {
    const job = state.jobs.find(one => one.claim.print_job_id === id)
    if (!job) throw new AppError('not_found', 'There is no such job.')
    if (bootNonce !== undefined && job.bootNonce !== bootNonce) {
      throw new AppError('job_claimed_elsewhere', 'Another start of this printer holds the job.')
    }
    return job
  }

  const app = new Hono<{ Bindings: HttpBindings }>()
  app.use(async (c, next) => {
    if (state.isDown) return c.text('down for maintenance', 503)
    // Asked for with the printer's token; what people ask for is judged where it is answered.
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
  app.get('/api/get-print-job', async c => {
    const { boot_nonce } = claimQuery.parse(c.req.query())
    const waitS = Number(/wait=(\d+)/.exec(c.req.header('prefer') ?? '')?.[1] ?? 0)
    const look = () => claim(boot_nonce)
    const job = await eventually('a job', look, waitS * 1000).catch((error: unknown) => {
      if (error instanceof AppError) throw error
      return null
    })
    if (!job) return c.body(null, 204)
    const download = `${state.url}/api/print/download-gcode?job_id=${job.claim.print_job_id}`
    return c.json({
      ...job.claim,
      status: job.status,
      cancel_requested: job.isCancelRequested,
      pause_requested: job.isPauseRequested,
      gcode_download_url_proxy: download,
      gcode_file_url: download,
      cws_token: 'grant',
      cws_url: state.url,
    })
  })
  app.get('/api/prepared', c => {
    const etag = `"${state.prepared.map(one => one.preparation_id).join()}"`
    const isKnown = c.req.header('if-none-match') === etag
    state.preparedAnswers.push(isKnown ? 304 : 200)
    return isKnown ? c.body(null, 304, { etag }) : c.json({ prepared: state.prepared }, 200, { etag })
  })
  app.get('/api/print/download-gcode', c => {
    const { sealed } = jobOf(c.req.query('job_id') ?? '')
    const range = c.req.header('range') ?? ''
    state.ranges.push(range)
    const [, from = 0, to = 0] = (/^bytes=(\d+)-(\d+)$/.exec(range) ?? []).map(Number)
    const part = sealed.subarray(from, to + 1)
    const headers = { 'content-range': `bytes ${from}-${from + part.length - 1}/${sealed.length}` }
    if (state.cutAfter === null) return c.body(new Uint8Array(part), 206, headers)
    const cut = part.subarray(0, state.cutAfter)
    state.cutAfter = null
    return c.body(
      cutShort(cut, () => c.env.outgoing.destroy()),
      206,
      headers,
    )
  })
  app.post('/api/print-jobs/:id/key-grant', async c => {
    const { boot_nonce } = keyGrantRequest.parse(await c.req.json())
    jobOf(c.req.param('id'), boot_nonce)
    state.grants++
    return c.json({ cws_token: 'grant', cws_url: state.url, expires_in: 300 })
  })
  app.post('/api/print-jobs/:id/progress', async c => {
    const { boot_nonce, is_printing, progress } = progressRequest.parse(await c.req.json())
    const job = jobOf(c.req.param('id'), boot_nonce)
    job.told.push({ progress, is_printing })
    if (is_printing && job.status === 'claimed') job.status = 'printing'
    if (is_printing) job.wasPrinting = true
    return c.json({
      status: job.status,
      cancel_requested: job.isCancelRequested,
      pause_requested: job.isPauseRequested,
    })
  })
  app.post('/api/report-print-status', async c => {
    const report = reportRequest.parse(await c.req.json())
    const refusal = state.refuseReports.shift()
    if (refusal) throw refusal
    const job = jobOf(report.print_job_id)
    job.reports.push(report)
    if (isActive(job)) job.status = report.status
    return c.json({
      status: 'reported',
      purchase_id: report.purchase_id,
      print_job_id: report.print_job_id,
      print_outcome: report.status,
    })
  })
  // By a printer, for what was prepared for it, or by a person.
  app.post('/api/print', async c => {
    const authorization = c.req.header('authorization')
    const { purchase_id, printer_id } = printRequest.parse(await c.req.json())
    const isPrinter = authorization?.startsWith('Bearer printer.')
    const printerId = isPrinter ? accounts.printer(authorization).printer_id : printer_id
    if (!isPrinter) accounts.person(authorization)
    const known = made.get(purchase_id)
    if (!known) throw new AppError('not_found', 'There is no such purchase.')
    if (state.rightsLeft < 1) throw new AppError('no_rights_left', 'All prints of this purchase are used up.')
    state.rightsLeft--
    await state.beforeOrder()
    const job = await add(known.gcode, known.options)
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
        created_at: new Date().toISOString(),
        ended_at: null,
      }),
    )
    return c.json({ print_jobs: jobs.reverse() })
  })
  app.post('/ops/decrypt-data', async c => {
    if (state.areKeysAway) throw new AppError('unavailable', 'Not now.')
    if (c.req.header('authorization') !== 'Bearer grant') throw new AppError('unauthenticated', 'The grant is over.')
    const { dataToDecrypt } = (await c.req.json()) as { dataToDecrypt: string }
    const opened = pseks.get(dataToDecrypt)
    if (!opened) throw new AppError('key_blob_invalid', 'The blob is not one of ours.')
    state.opens++
    return c.json({ decryptedData: opened.toString('base64') })
  })

  const listening = await listen(app)
  state.url = listening.url
  state.close = () => listening.close(0)
  return state
}

/** A body that gives its bytes and then nothing more, until the connection is broken off. */
function cutShort(bytes: Buffer, breakOff: () => void): ReadableStream<Uint8Array> {
  let isSent = false
  return new ReadableStream({
    async pull(controller) {
      if (!isSent) {
        isSent = true
        return controller.enqueue(new Uint8Array(bytes))
      }
      // The server has to have sent the bytes before they can be cut off from the rest.
      await sleep(50)
      breakOff()
    },
  })
}
