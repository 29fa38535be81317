import { type OpenAPIHono, z } from '@hono/zod-openapi'
import { idSchema } from '../../schema/http/ids.ts'
import { modelListQuery, modelListResponse, modelMaxBytes, modelResponse } from '../../schema/http/models.ts'
import type { AppEnv } from '../env.ts'
import { toFormRequest } from '../multipart.ts'
import { getModel, getThumbnail, listModels, publishModel } from '../services/model/index.ts'
import { answers, idempotencyHeaders } from './describe.ts'
import { operation } from './operation.ts'

const modelParams = { params: z.object({ id: idSchema('model') }) }

/** A plain JSON schema: with a zod schema, the whole form would be read into memory for validation. */
const publishForm = {
  type: 'object' as const,
  required: ['metadata', 'model'],
  properties: {
    metadata: { type: 'string' as const, description: 'JSON: title, description, nft_id, licenses' },
    model: { type: 'string' as const, format: 'binary', description: 'The STL file, at most 100 MiB' },
  },
}

const paths = {
  publish: operation({
    method: 'post',
    path: '/api/publish-model',
    summary: 'Publish a model',
    description: 'For designers. The form is read as a stream; metadata may come before or after the file.',
    caller: 'user',
    errors: [
      'bad_request',
      'payload_too_large',
      'unsupported_media_type',
      'stl_empty',
      'stl_malformed',
      'stl_not_finite',
      'stl_too_large',
      'stl_too_many_triangles',
      'stl_too_small',
      'model_format_unsupported',
      'model_corrupt',
      'too_many_requests',
      'operator_account_empty',
      'cws_unavailable',
      'unavailable',
    ],
    repeatable: { form: { file: 'model', maxFileBytes: modelMaxBytes } },
    request: {
      headers: idempotencyHeaders,
      body: { required: true, content: { 'multipart/form-data': { schema: publishForm } } },
    },
    responses: { 201: answers(modelResponse, 'The published model') },
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
    request: modelParams,
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
  app.openapi(paths.list, async c => c.json(await listModels(c.get('ctx'), c.req.valid('query')), 200))
  app.openapi(paths.get, async c => c.json(await getModel(c.get('ctx'), c.req.valid('param').id), 200))
  app.openapi(paths.thumbnail, async c => {
    const picture = await getThumbnail(c.get('ctx'), c.req.valid('param').id)
    c.header('cache-control', 'public, max-age=86400')
    return c.body(new Uint8Array(picture), 200, { 'content-type': 'image/png' })
  })
}
