import { type OpenAPIHono, z } from '@hono/zod-openapi'
import { idSchema } from '../../schema/http/ids.ts'
import {
  claimQuery,
  getPrintJobResponse,
  keyGrantRequest,
  keyGrantResponse,
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
import { drainSoon } from '../services/outbox/drain.ts'
import { cancelPrintJob } from '../services/print-job/cancel.ts'
import { claimPrintJob } from '../services/print-job/claim.ts'
import { grantKey } from '../services/print-job/key-grant.ts'
import { listPrintJobs } from '../services/print-job/list.ts'
import { pausePrintJob } from '../services/print-job/pause.ts'
import { noteProgress } from '../services/print-job/progress.ts'
import { reportOutcome } from '../services/print-job/report.ts'
import { requestPrint } from '../services/print-job/request.ts'
import { resumePrintJob } from '../services/print-job/resume.ts'
import { answers, idempotencyHeaders, jsonBody, nothing } from './describe.ts'
import { operation } from './operation.ts'

const jobParams = { params: z.object({ id: idSchema('job') }) }

const paths = {
  print: operation({
    method: 'post',
    path: '/api/print',
    caller: 'user or printer',
    repeatable: {},
    request: { ...jsonBody(printRequest), headers: idempotencyHeaders },
    responses: { 202: answers(printResponse, 'The queued job') },
  }),
  claim: operation({
    method: 'get',
    path: '/api/get-print-job',
    description:
      'For printers; needs nothing but the token. A long poll with "Prefer: wait=25"; the server may answer sooner. boot_nonce tells two hosts with one token apart: clients that send none count as one.',
    caller: 'printer',
    request: { query: claimQuery },
    responses: { 200: answers(getPrintJobResponse, 'The job of this printer'), 204: nothing },
  }),
  progress: operation({
    method: 'post',
    path: '/api/print-jobs/{id}/progress',
    caller: 'printer',
    request: { ...jobParams, ...jsonBody(progressRequest) },
    responses: { 200: answers(progressResponse, 'How the job stands') },
  }),
  keyGrant: operation({
    method: 'post',
    path: '/api/print-jobs/{id}/key-grant',
    caller: 'printer',
    request: { ...jobParams, ...jsonBody(keyGrantRequest) },
    responses: { 200: answers(keyGrantResponse, 'A grant for the Custodial Wallet Service') },
  }),
  report: operation({
    method: 'post',
    path: '/api/report-print-status',
    caller: 'printer',
    request: jsonBody(reportRequest),
    responses: { 200: answers(reportResponse, 'The outcome on record') },
  }),
  list: operation({
    method: 'get',
    path: '/api/print-jobs',
    caller: 'user',
    request: { query: printJobListQuery },
    responses: { 200: answers(printJobListResponse, 'Your print jobs, newest first') },
  }),
  cancel: operation({
    method: 'post',
    path: '/api/print-jobs/{id}/cancel',
    caller: 'user',
    request: jobParams,
    responses: { 200: answers(printJobResponse, 'The job, cancelled or asked to end') },
  }),
  pause: operation({
    method: 'post',
    path: '/api/print-jobs/{id}/pause',
    description: 'The printer does it when it next tells its progress, or as soon as the print has begun.',
    caller: 'user',
    request: jobParams,
    responses: { 200: answers(printJobResponse, 'The job, asked to stand still') },
  }),
  resume: operation({
    method: 'post',
    path: '/api/print-jobs/{id}/resume',
    description: 'Undoes a pause of yours. A print that somebody paused at the printer is resumed there.',
    caller: 'user',
    request: jobParams,
    responses: { 200: answers(printJobResponse, 'The job, asked to go on') },
  }),
}

export function printJobRoutes(app: OpenAPIHono<AppEnv>): void {
  app.openapi(paths.print, async c => {
    const answer = await requestPrint(c.get('ctx'), c.req.valid('json'), c.get('operation')?.id)
    drainSoon(c.get('ctx'))
    return c.json(answer, 202)
  })
  app.openapi(paths.claim, async c => {
    const waitMs = preferredWaitMs(c.get('ctx'), c.req.header('prefer'))
    const job = await claimPrintJob(c.get('ctx'), c.req.valid('query').boot_nonce, waitMs, c.req.raw.signal)
    return job ? c.json(job, 200) : c.body(null, 204)
  })
  app.openapi(paths.progress, async c =>
    c.json(await noteProgress(c.get('ctx'), c.req.valid('param').id, c.req.valid('json')), 200),
  )
  app.openapi(paths.keyGrant, async c =>
    c.json(await grantKey(c.get('ctx'), c.req.valid('param').id, c.req.valid('json').boot_nonce), 200),
  )
  app.openapi(paths.report, async c => {
    const answer = await reportOutcome(c.get('ctx'), c.req.valid('json'))
    drainSoon(c.get('ctx'))
    return c.json(answer, 200)
  })
  app.openapi(paths.list, async c => c.json(await listPrintJobs(c.get('ctx'), c.req.valid('query')), 200))
  app.openapi(paths.cancel, async c => c.json(await cancelPrintJob(c.get('ctx'), c.req.valid('param').id), 200))
  app.openapi(paths.pause, async c => c.json(await pausePrintJob(c.get('ctx'), c.req.valid('param').id), 200))
  app.openapi(paths.resume, async c => c.json(await resumePrintJob(c.get('ctx'), c.req.valid('param').id), 200))
}

/** RFC 7240: "Prefer: wait=25". We wait no longer than we like. */
function preferredWaitMs(ctx: Context, prefer: string | undefined): number {
  const asked = Number(/(?:^|[,;\s])wait=(\d{1,4})/.exec(prefer ?? '')?.[1] ?? 0)
  return Math.min(asked, ctx.settings.longPollMaxSeconds) * 1000
}
