import { type OpenAPIHono, z } from '@hono/zod-openapi'
import { parse } from '../../runtime/http.ts'
import { idSchema } from '../../schema/http/ids.ts'
import { jsonLimits, parseJson } from '../../schema/http/json.ts'
import {
  profileCreatedResponse,
  profileFilesMaxBytes,
  profileFilesMost,
  profileListQuery,
  profileListResponse,
  profileMaxBytes,
  profileMaxValues,
  profileRequest,
} from '../../schema/http/profiles.ts'
import type { AppEnv } from '../env.ts'
import { isForm, toFormRequest } from '../multipart.ts'
import {
  createProfile,
  createProfileFromFiles,
  listProfiles,
  profileFileRules,
  removeProfile,
} from '../services/profile/index.ts'
import { answers, idempotencyHeaders, nothing } from './describe.ts'
import { operation } from './operation.ts'

const limits = { ...jsonLimits, maxValues: profileMaxValues }

const presetField = (what: string) => ({
  type: 'string' as const,
  maxLength: 200,
  description: `The name of the ${what} preset to take, where the files have several`,
})

/** A plain JSON schema: a zod schema would read the form into memory as text. */
const filesForm = {
  type: 'object' as const,
  required: ['files'],
  properties: {
    files: {
      type: 'array' as const,
      minItems: 1,
      maxItems: profileFilesMost,
      items: { type: 'string' as const, format: 'binary' },
      description: `Presets (.json), bundles of them (.zip, .orca_printer, .orca_filament) or one project (.3mf or its project_settings.config); ${profileFilesMaxBytes / 2 ** 20} MiB at most`,
    },
    name: { type: 'string' as const, maxLength: 120, description: 'Default: the name of the printer preset' },
    printer: presetField('machine'),
    process: presetField('process'),
    filament: presetField('filament'),
  },
}

const paths = {
  create: operation({
    method: 'post',
    path: '/api/print-profiles',
    summary: 'Store a print profile',
    description: [
      'The settings of a printer, a process and a filament: as JSON, 256 KiB at most, or as files that OrcaSlicer exports.',
      'The answer lists settings that are changed or ignored.',
    ].join(' '),
    caller: 'user',
    errors: ['profile_invalid', 'too_many_requests', 'unavailable'],
    maxBodyBytes: profileMaxBytes,
    maxBodyValues: profileMaxValues,
    repeatable: { form: profileFileRules },
    request: {
      headers: idempotencyHeaders,
      // Not `required`: the JSON's schema would be asked of the form as well.
      body: {
        content: { 'application/json': { schema: profileRequest }, 'multipart/form-data': { schema: filesForm } },
      },
    },
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
  app.openapi(paths.create, async c => {
    const operation = c.get('operation')
    const request = toFormRequest(c.req)
    const created = isForm(request.contentType)
      ? await createProfileFromFiles(c.get('ctx'), request, operation)
      : await createProfile(c.get('ctx'), parse(profileRequest, parseJson(await c.req.text(), limits)), operation?.id)
    return c.json(created, 201)
  })
  app.openapi(paths.list, async c => c.json(await listProfiles(c.get('ctx'), c.req.valid('query')), 200))
  app.openapi(paths.remove, async c => {
    await removeProfile(c.get('ctx'), c.req.valid('param').id)
    return c.body(null, 204)
  })
}
