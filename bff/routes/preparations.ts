import { type OpenAPIHono, z } from '@hono/zod-openapi'
import { idSchema } from '../../schema/http/ids.ts'
import {
  cancelPrepareRequest,
  preparationProgressRequest,
  preparationProgressResponse,
  preparationReleaseRequest,
  preparedListQuery,
  preparedListResponse,
  prepareRequest,
  prepareResponse,
  prepareStatusQuery,
  prepareStatusResponse,
  startPreparationResponse,
} from '../../schema/http/preparations.ts'
import { maxPreviews } from '../../schema/http/slice.ts'
import type { AppEnv } from '../env.ts'
import {
  cancelPreparation,
  getPreview,
  listPrepared,
  prepare,
  prepareStatus,
  recordPreparationProgress,
  releasePreparation,
  startPreparation,
} from '../services/preparation/index.ts'
import { answers, idempotencyHeaders, jsonBody, nothing } from './describe.ts'
import { operation } from './operation.ts'

const preparationParams = { params: z.object({ id: idSchema('preparation') }) }
const previewParams = {
  params: z.object({
    id: idSchema('preparation'),
    n: z.coerce
      .number()
      .int()
      .min(0)
      .max(maxPreviews - 1),
  }),
}

const paths = {
  prepare: operation({
    method: 'post',
    path: '/api/prepare',
    summary: 'Slice a purchase for a printer',
    description: [
      'The wallet must hold the slicing fee now; the fee is charged when the slice is done. Poll /api/prepare-status for the progress.',
      'With print_immediately, a print job is queued as soon as the slice is done.',
    ].join(' '),
    caller: 'user',
    errors: [
      'not_found',
      'purchase_not_active',
      'no_rights_left',
      'attempts_exhausted',
      'printer_required',
      'printer_revoked',
      'profile_invalid',
      'profile_not_for_printer',
      'gcode_rejected',
      'preparation_in_progress',
      'currency_not_accepted',
      'insufficient_funds',
      'engine_unavailable',
      'one_copy_per_print',
      'scaling_not_allowed',
      'stl_too_small',
      'stl_exceeds_bed',
      'unavailable',
      'operator_account_empty',
      'cws_unavailable',
      'ledger_unavailable',
    ],
    repeatable: {},
    request: { ...jsonBody(prepareRequest), headers: idempotencyHeaders },
    responses: { 202: answers(prepareResponse, 'The preparation, pending') },
  }),
  cancel: operation({
    method: 'post',
    path: '/api/cancel-prepare',
    summary: 'Cancel a preparation',
    description: [
      'Ends a preparation that is queued or being sliced, without a fee. Can be repeated.',
      'Refused when its fee is being paid, or when it has ended otherwise.',
    ].join(' '),
    caller: 'user',
    errors: ['not_found', 'preparation_ended'],
    request: jsonBody(cancelPrepareRequest),
    responses: { 200: answers(prepareResponse, 'The preparation, cancelled') },
  }),
  status: operation({
    method: 'get',
    path: '/api/prepare-status',
    summary: 'Get the status of a preparation',
    caller: 'user',
    errors: ['not_found'],
    request: { query: prepareStatusQuery },
    responses: {
      200: answers(prepareStatusResponse, 'How the preparation that is printing, else the newest one, stands'),
    },
  }),
  preview: operation({
    method: 'get',
    path: '/api/preparations/{id}/previews/{n}',
    summary: 'Get the picture of a layer',
    description: 'A layer of the tool path, seen from above: a PNG. /api/prepare-status says which there are.',
    caller: 'user',
    errors: ['not_found'],
    request: previewParams,
    responses: {
      200: {
        description: 'The picture',
        content: { 'image/png': { schema: { type: 'string', format: 'binary' } } },
      },
    },
  }),
  prepared: operation({
    method: 'get',
    path: '/api/prepared',
    summary: 'List the printer’s prepared purchases',
    description: 'For printers. The prepared purchases that can be printed, with pictures. Use If-None-Match.',
    caller: 'printer',
    request: { query: preparedListQuery, headers: z.object({ 'if-none-match': z.string().max(1000).optional() }) },
    responses: {
      200: answers(preparedListResponse, 'The newest of each purchase; its ETag names the list'),
      304: { description: 'The list has not changed since the ETag in If-None-Match' },
    },
  }),
  start: operation({
    method: 'post',
    path: '/internal/preparations/{id}/start',
    summary: 'Lease a preparation to slice it',
    caller: 'slicer',
    errors: ['not_found', 'preparation_in_progress', 'preparation_ended'],
    hide: true,
    request: preparationParams,
    responses: { 200: answers(startPreparationResponse, 'What to slice, for whom') },
  }),
  progress: operation({
    method: 'post',
    path: '/internal/preparations/{id}/progress',
    summary: 'Report the progress of a slice',
    caller: 'slicer',
    errors: ['not_found', 'preparation_in_progress', 'preparation_ended'],
    hide: true,
    request: { ...preparationParams, ...jsonBody(preparationProgressRequest) },
    responses: { 200: answers(preparationProgressResponse, 'Whether to go on') },
  }),
  release: operation({
    method: 'post',
    path: '/internal/preparations/{id}/release',
    summary: 'Release the lease of a preparation',
    description: 'The attempt that holds the lease ends without a result; another may start at once. Repeatable.',
    caller: 'slicer',
    hide: true,
    request: { ...preparationParams, ...jsonBody(preparationReleaseRequest) },
    responses: { 204: nothing },
  }),
}

export function preparationRoutes(app: OpenAPIHono<AppEnv>): void {
  app.openapi(paths.prepare, async c => {
    const answer = await prepare(c.get('ctx'), c.req.valid('json'), c.get('operation')?.id)
    return c.json(answer, 202)
  })
  app.openapi(paths.cancel, async c =>
    c.json(await cancelPreparation(c.get('ctx'), c.req.valid('json').preparation_id), 200),
  )
  app.openapi(paths.status, async c => c.json(await prepareStatus(c.get('ctx'), c.req.valid('query').purchase_id), 200))
  app.openapi(paths.preview, async c => {
    const { id, n } = c.req.valid('param')
    const picture = await getPreview(c.get('ctx'), id, n)
    c.header('cache-control', 'private, max-age=86400')
    return c.body(new Uint8Array(picture), 200, { 'content-type': 'image/png' })
  })
  app.openapi(paths.prepared, async c => {
    const known = c.req.valid('header')['if-none-match']
    const { etag, list } = await listPrepared(c.get('ctx'), c.req.valid('query'), known)
    c.header('etag', etag)
    return list ? c.json(list, 200) : c.body(null, 304)
  })
  app.openapi(paths.start, async c => c.json(await startPreparation(c.get('ctx'), c.req.valid('param').id), 200))
  app.openapi(paths.progress, async c =>
    c.json(await recordPreparationProgress(c.get('ctx'), c.req.valid('param').id, c.req.valid('json')), 200),
  )
  app.openapi(paths.release, async c => {
    await releasePreparation(c.get('ctx'), c.req.valid('param').id, c.req.valid('json'))
    return c.body(null, 204)
  })
}
