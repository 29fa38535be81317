import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { profileListResponse, profileRequest, profileResponse } from '../../schema/http/profiles.ts'
import type { AppEnv } from '../env.ts'
import { idempotent } from '../idempotency.ts'
import { createProfile } from '../services/profile/create.ts'
import { listProfiles } from '../services/profile/list.ts'
import { answers, bearerAuth, idempotencyHeaders, jsonBody, problems } from './describe.ts'

const paths = {
  create: createRoute({
    method: 'post',
    path: '/api/print-profiles',
    security: bearerAuth,
    middleware: idempotent(),
    request: { ...jsonBody(profileRequest), headers: idempotencyHeaders },
    responses: { 201: answers(profileResponse, 'The stored profile'), ...problems },
  }),
  list: createRoute({
    method: 'get',
    path: '/api/print-profiles',
    security: bearerAuth,
    responses: { 200: answers(profileListResponse, 'Your profiles'), ...problems },
  }),
}

export function profileRoutes(app: OpenAPIHono<AppEnv>): void {
  app.openapi(paths.create, async c =>
    c.json(await createProfile(c.get('ctx'), c.req.valid('json'), c.get('operation')?.id), 201),
  )
  app.openapi(paths.list, async c => c.json({ print_profiles: await listProfiles(c.get('ctx')) }, 200))
}
