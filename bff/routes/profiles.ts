import { type OpenAPIHono, z } from '@hono/zod-openapi'
import { idSchema } from '../../schema/http/ids.ts'
import {
  profileCreatedResponse,
  profileListQuery,
  profileListResponse,
  profileMaxBytes,
  profileMaxValues,
  profileRequest,
} from '../../schema/http/profiles.ts'
import type { AppEnv } from '../env.ts'
import { createProfile, listProfiles, removeProfile } from '../services/profile/index.ts'
import { answers, idempotencyHeaders, jsonBody, nothing } from './describe.ts'
import { operation } from './operation.ts'

const paths = {
  create: operation({
    method: 'post',
    path: '/api/print-profiles',
    summary: 'Store a print profile',
    description: [
      'The settings of a printer, a process and a filament as OrcaSlicer exports them; 256 KiB at most.',
      'The answer lists settings that are changed or ignored.',
    ].join(' '),
    caller: 'user',
    errors: ['profile_invalid', 'too_many_requests'],
    maxBodyBytes: profileMaxBytes,
    maxBodyValues: profileMaxValues,
    repeatable: {},
    request: { ...jsonBody(profileRequest), headers: idempotencyHeaders },
    responses: { 201: answers(profileCreatedResponse, 'The stored profile, and what of it is changed or ignored') },
  }),
  list: operation({
    method: 'get',
    path: '/api/print-profiles',
    summary: 'List your print profiles',
    caller: 'user',
    request: { query: profileListQuery },
    responses: { 200: answers(profileListResponse, 'Your profiles') },
  }),
  remove: operation({
    method: 'delete',
    path: '/api/print-profiles/{id}',
    summary: 'Delete a print profile',
    description: 'Nothing new is prepared with it. Slices in progress and prepared prints go on.',
    caller: 'user',
    errors: ['not_found'],
    request: { params: z.object({ id: idSchema('profile') }) },
    responses: { 204: nothing },
  }),
}

export function profileRoutes(app: OpenAPIHono<AppEnv>): void {
  app.openapi(paths.create, async c =>
    c.json(await createProfile(c.get('ctx'), c.req.valid('json'), c.get('operation')?.id), 201),
  )
  app.openapi(paths.list, async c => c.json(await listProfiles(c.get('ctx'), c.req.valid('query')), 200))
  app.openapi(paths.remove, async c => {
    await removeProfile(c.get('ctx'), c.req.valid('param').id)
    return c.body(null, 204)
  })
}
