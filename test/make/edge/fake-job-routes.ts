/** The part of the fake marketplace for printers: jobs, prepared purchases, downloads and reports, by the printer's token. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { HttpBindings } from '@hono/node-server'
import type { Hono } from 'hono'
import { AppError } from '../../../schema/http/errors.ts'
import { claimQuery, keyGrantRequest, progressRequest, reportRequest } from '../../../schema/http/print-jobs.ts'
import { eventually } from '../eventually.ts'
import { type FakeJob, isActive } from './fake-job.ts'
import type { FakeMarketplace } from './fake-marketplace-state.ts'

export function addJobRoutes(app: Hono<{ Bindings: HttpBindings }>, state: FakeMarketplace): void {
  const rights = () => (state.sendsRights ? { profile_name: 'Fine <PLA>', prints_remaining: state.rightsLeft } : {})

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

  app.get('/api/get-print-job', async c => {
    const { boot_nonce } = claimQuery.parse(c.req.query())
    const waitS = Number(/wait=(\d+)/.exec(c.req.header('prefer') ?? '')?.[1] ?? 0)
    state.pollSeconds.push(waitS)
    const look = () => claim(boot_nonce)
    const job = await eventually('a job', look, waitS * 1000).catch((error: unknown) => {
      if (error instanceof AppError) throw error
      return null
    })
    if (!job) return c.body(null, 204)
    const download = `${state.url}/api/print/download-gcode?job_id=${job.claim.print_job_id}`
    return c.json({
      ...job.claim,
      ...rights(),
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
    const prepared = state.prepared.map(one => ({ ...one, ...rights() }))
    const etag = `"${prepared.map(one => `${one.preparation_id} ${one.prints_remaining}`).join()}"`
    const isKnown = c.req.header('if-none-match') === etag
    state.preparedAnswers.push(isKnown ? 304 : 200)
    return isKnown ? c.body(null, 304, { etag }) : c.json({ prepared }, 200, { etag })
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
    const { boot_nonce, ...progress } = progressRequest.parse(await c.req.json())
    const job = jobOf(c.req.param('id'), boot_nonce)
    const { is_printing } = progress
    job.progressReports.push(progress)
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
}

/** A body that sends its bytes and then nothing more, until the connection is closed. */
function cutShort(bytes: Buffer, disconnect: () => void): ReadableStream<Uint8Array> {
  let isSent = false
  return new ReadableStream({
    async pull(controller) {
      if (!isSent) {
        isSent = true
        return controller.enqueue(new Uint8Array(bytes))
      }
      // The bytes must have been sent before the connection is closed.
      await sleep(50)
      disconnect()
    },
  })
}
