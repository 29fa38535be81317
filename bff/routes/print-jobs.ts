import { type OpenAPIHono, z } from '@hono/zod-openapi'
import { idSchema } from '../../schema/http/ids.ts'
import {
  claimQuery,
  getPrintJobResponse,
  keyGrantRequest,
  keyGrantResponse,
  moveJobRequest,
  moveJobResponse,
  printJobListQuery,
  printJobListResponse,
  printJobResponse,
  printRequest,
  printResponse,
  progressRequest,
  progressResponse,
  reportRequest,
  reportResponse,
} from '../../schema/http/print-jobs.ts'
import type { Context } from '../context.ts'
import type { AppEnv } from '../env.ts'
import {
  cancelPrintJob,
  claimPrintJob,
  grantKey,
  listPrintJobs,
  moveInQueue,
  pausePrintJob,
  printOrRenew,
  recordProgress,
  reportOutcome,
  resumePrintJob,
} from '../services/print-job/index.ts'
import { answers, idempotencyHeaders, jsonBody, nothing } from './describe.ts'
import { operation } from './operation.ts'

const jobParams = { params: z.object({ id: idSchema('job') }) }

const paths = {
  print: operation({
    method: 'post',
    path: '/api/print',
    summary: 'Print a prepared purchase',
    description: [
      'Reserves one print of the purchase and queues a print job, which the printer fetches. A report of success uses the print;',
      'any other outcome returns it. A printer may call this with its own token when its owner allows it.',
      'G-code that has expired is prepared again without a fee: the answer is then "preparing", and the print job is queued when',
      'the G-code is ready.',
    ].join(' '),
    caller: 'user or printer',
    errors: [
      'not_found',
      'purchase_not_active',
      'not_prepared',
      'preparation_in_progress',
      'gcode_expired',
      'printer_required',
      'printer_revoked',
      'no_rights_left',
      'attempts_exhausted',
    ],
    repeatable: {},
    request: { ...jsonBody(printRequest), headers: idempotencyHeaders },
    responses: { 202: answers(printResponse, 'The queued job, or the preparation that comes before it') },
  }),
  claim: operation({
    method: 'get',
    path: '/api/get-print-job',
    summary: 'Fetch the next print job',
    description: [
      'For printers; only the token is required. With "Prefer: wait=25" it is a long poll, and the server may answer earlier.',
      'boot_nonce distinguishes two hosts with the same token; clients that send none count as one client.',
    ].join(' '),
    caller: 'printer',
    errors: ['job_claimed_elsewhere'],
    request: { query: claimQuery },
    responses: { 200: answers(getPrintJobResponse, 'The job of this printer'), 204: nothing },
  }),
  progress: operation({
    method: 'post',
    path: '/api/print-jobs/{id}/progress',
    summary: 'Report the progress of a print job',
    description:
      'For printers. The first with is_printing moves the job to printing; the answer says whether its owner wants it cancelled or paused.',
    caller: 'printer',
    errors: ['not_found', 'job_claimed_elsewhere'],
    request: { ...jobParams, ...jsonBody(progressRequest) },
    responses: { 200: answers(progressResponse, 'How the job stands') },
  }),
  keyGrant: operation({
    method: 'post',
    path: '/api/print-jobs/{id}/key-grant',
    summary: 'Renew the grant to open a job’s key',
    description: 'For printers, while the job is active. The grant is valid for five minutes.',
    caller: 'printer',
    errors: ['not_found', 'job_ended', 'job_claimed_elsewhere', 'too_many_requests'],
    request: { ...jobParams, ...jsonBody(keyGrantRequest) },
    responses: { 200: answers(keyGrantResponse, 'A grant for the Custodial Wallet Service') },
  }),
  report: operation({
    method: 'post',
    path: '/api/report-print-status',
    summary: 'Report the outcome of a print',
    description: 'For printers. The first report counts; repeating it returns the same answer.',
    caller: 'printer',
    errors: ['not_found', 'job_ended', 'outcome_conflict'],
    request: jsonBody(reportRequest),
    responses: { 200: answers(reportResponse, 'The outcome on record') },
  }),
  list: operation({
    method: 'get',
    path: '/api/print-jobs',
    summary: 'List your print jobs',
    caller: 'user',
    request: { query: printJobListQuery },
    responses: { 200: answers(printJobListResponse, 'Your print jobs, newest first') },
  }),
  cancel: operation({
    method: 'post',
    path: '/api/print-jobs/{id}/cancel',
    summary: 'Cancel a print job',
    description: 'Ends a queued job at once. An active one ends when its printer reports it.',
    caller: 'user',
    errors: ['not_found', 'job_ended'],
    request: jobParams,
    responses: { 200: answers(printJobResponse, 'The job, cancelled or asked to end') },
  }),
  move: operation({
    method: 'post',
    path: '/api/print-jobs/{id}/move',
    summary: 'Move a print job in its printer’s queue',
    description: 'Position 0 is the next job. Answers the queued jobs of the printer in their new order.',
    caller: 'user',
    errors: ['not_found', 'job_ended'],
    request: { ...jobParams, ...jsonBody(moveJobRequest) },
    responses: { 200: answers(moveJobResponse, 'The queued jobs of the printer') },
  }),
  pause: operation({
    method: 'post',
    path: '/api/print-jobs/{id}/pause',
    summary: 'Pause a print job',
    description: 'The printer pauses at its next progress report, or when the print has started.',
    caller: 'user',
    errors: ['not_found', 'job_not_printing', 'job_ended'],
    request: jobParams,
    responses: { 200: answers(printJobResponse, 'The job, asked to stand still') },
  }),
  resume: operation({
    method: 'post',
    path: '/api/print-jobs/{id}/resume',
    summary: 'Resume a print job',
    description: 'Ends a pause that you requested. A print that was paused at the printer must be resumed there.',
    caller: 'user',
    errors: ['not_found', 'job_not_printing', 'job_ended'],
    request: jobParams,
    responses: { 200: answers(printJobResponse, 'The job, asked to go on') },
  }),
}

export function printJobRoutes(app: OpenAPIHono<AppEnv>): void {
  app.openapi(paths.print, async c => {
    const answer = await printOrRenew(c.get('ctx'), c.req.valid('json'), c.get('operation')?.id)
    return c.json(answer, 202)
  })
  app.openapi(paths.claim, async c => {
    const waitMs = preferredWaitMs(c.get('ctx'), c.req.header('prefer'))
    // Reading `signal` builds a whole Request, which costs as much as the rest of a poll.
    const signal = waitMs > 0 ? c.req.raw.signal : undefined
    const job = await claimPrintJob(c.get('ctx'), c.req.valid('query').boot_nonce, waitMs, signal)
    return job ? c.json(job, 200) : c.body(null, 204)
  })
  app.openapi(paths.progress, async c =>
    c.json(await recordProgress(c.get('ctx'), c.req.valid('param').id, c.req.valid('json')), 200),
  )
  app.openapi(paths.keyGrant, async c =>
    c.json(await grantKey(c.get('ctx'), c.req.valid('param').id, c.req.valid('json').boot_nonce), 200),
  )
  app.openapi(paths.report, async c => {
    const answer = await reportOutcome(c.get('ctx'), c.req.valid('json'))
    return c.json(answer, 200)
  })
  app.openapi(paths.list, async c => c.json(await listPrintJobs(c.get('ctx'), c.req.valid('query')), 200))
  app.openapi(paths.cancel, async c => c.json(await cancelPrintJob(c.get('ctx'), c.req.valid('param').id), 200))
  app.openapi(paths.move, async c =>
    c.json(await moveInQueue(c.get('ctx'), c.req.valid('param').id, c.req.valid('json').position), 200),
  )
  app.openapi(paths.pause, async c => c.json(await pausePrintJob(c.get('ctx'), c.req.valid('param').id), 200))
  app.openapi(paths.resume, async c => c.json(await resumePrintJob(c.get('ctx'), c.req.valid('param').id), 200))
}

/** RFC 7240: "Prefer: wait=25", limited by the setting. */
function preferredWaitMs(ctx: Context, prefer: string | undefined): number {
  const asked = Number(/(?:^|[,;\s])wait=(\d{1,4})/.exec(prefer ?? '')?.[1] ?? 0)
  return Math.min(asked, ctx.settings.longPollMaxSeconds) * 1000
}
