import { type OpenAPIHono, z } from '@hono/zod-openapi'
import { idSchema } from '../../schema/http/ids.ts'
import { modelMaxBytes } from '../../schema/http/model-limits.ts'
import {
  inspectModelResponse,
  modelListQuery,
  modelListResponse,
  modelResponse,
  thumbnailQuery,
} from '../../schema/http/models.ts'
import type { AppEnv } from '../env.ts'
import { toFormRequest } from '../multipart.ts'
import { getModel, getThumbnail, inspectModel, listModels, publishModel } from '../services/model/index.ts'
import { answers, idempotencyHeaders } from './describe.ts'
import { operation } from './operation.ts'

const modelParams = { params: z.object({ id: idSchema('model') }) }

/** The error codes of a sent model file. */
const fileErrors = [
  'bad_request',
  'payload_too_large',
  'unsupported_media_type',
  'stl_empty',
  'stl_malformed',
  'stl_not_finite',
  'stl_too_large',
  'stl_too_many_triangles',
  'stl_too_small',
  'stl_exceeds_bed',
  'model_format_unsupported',
  'model_corrupt',
  'too_many_requests',
  'cws_unavailable',
  'unavailable',
] as const

/** A plain JSON schema: with a zod schema, the whole form would be read into memory for validation. */
const publishForm = {
  type: 'object' as const,
  required: ['metadata', 'model'],
  properties: {
    metadata: { type: 'string' as const, description: 'JSON: title, description, nft_id, units, licenses' },
    model: { type: 'string' as const, format: 'binary', description: 'The file: STL, 3MF or OBJ, at most 100 MiB' },
  },
}

const inspectForm = {
  type: 'object' as const,
  required: ['model'],
  properties: {
    metadata: { type: 'string' as const, description: 'JSON: units; what else publishing takes is not read' },
    model: publishForm.properties.model,
  },
}

const paths = {
  publish: operation({
    method: 'post',
    path: '/api/publish-model',
    summary: 'Publish a model',
    description: 'For designers. The form is read as a stream; metadata may come before or after the file.',
    caller: 'user',
    errors: [...fileErrors, 'operator_account_empty'],
    repeatable: { form: { file: 'model', maxFileBytes: modelMaxBytes } },
    request: {
      headers: idempotencyHeaders,
      body: { required: true, content: { 'multipart/form-data': { schema: publishForm } } },
    },
    responses: { 201: answers(modelResponse, 'The published model') },
  }),
  inspect: operation({
    method: 'post',
    path: '/api/inspect-model',
    summary: 'See what a model file would be as a published model',
    description: 'For designers. Its size, warnings and pictures; nothing is published, kept or charged.',
    caller: 'user',
    errors: [...fileErrors],
    request: { body: { required: true, content: { 'multipart/form-data': { schema: inspectForm } } } },
    responses: { 200: answers(inspectModelResponse, 'What was found in the file') },
  }),
  list: operation({
    method: 'get',
    path: '/api/models',
    summary: 'List the models for sale',
    caller: 'anyone',
    request: { query: modelListQuery },
    responses: { 200: answers(modelListResponse, 'Models for sale, newest first') },
  }),
  get: operation({
    method: 'get',
    path: '/api/models/{id}',
    summary: 'Get a model',
    caller: 'anyone',
    errors: ['not_found'],
    request: modelParams,
    responses: { 200: answers(modelResponse, 'The model') },
  }),
  thumbnail: operation({
    method: 'get',
    path: '/api/models/{id}/thumbnail',
    summary: 'Get the picture of a model',
    caller: 'anyone',
    errors: ['not_found'],
    request: { ...modelParams, query: thumbnailQuery },
    responses: {
      200: {
        description: 'The picture',
        content: { 'image/png': { schema: { type: 'string', format: 'binary' } } },
      },
    },
  }),
}

export function modelRoutes(app: OpenAPIHono<AppEnv>): void {
  app.openapi(paths.publish, async c => {
    const model = await publishModel(c.get('ctx'), toFormRequest(c.req), c.get('operation'))
    return c.json(model, 201)
  })
  app.openapi(paths.inspect, async c => c.json(await inspectModel(c.get('ctx'), toFormRequest(c.req)), 200))
  app.openapi(paths.list, async c => c.json(await listModels(c.get('ctx'), c.req.valid('query')), 200))
  app.openapi(paths.get, async c => c.json(await getModel(c.get('ctx'), c.req.valid('param').id), 200))
  app.openapi(paths.thumbnail, async c => {
    const picture = await getThumbnail(c.get('ctx'), c.req.valid('param').id, c.req.valid('query').view)
    c.header('cache-control', 'public, max-age=86400')
    return c.body(new Uint8Array(picture), 200, { 'content-type': 'image/png' })
  })
}
