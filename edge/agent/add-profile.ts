import { z } from 'zod'
import { AppError } from '../../schema/http/errors.ts'
import { pageRequests } from '../../schema/page/requests.ts'
import { writeForm } from '../marketplace/form.ts'
import type { AgentContext } from './context.ts'
import { parseParams, withToken } from './request.ts'

const request = withToken(pageRequests.add_profile)
const base64 = /^[A-Za-z0-9+/]*={0,2}$/
const stored = z.looseObject({ print_profile_id: z.string() })

/**
 * Stores a print profile out of files that OrcaSlicer exports: presets, a bundle, or a project. The answer says what of it is changed
 * or ignored. Errors: invalid_input, unauthenticated, profile_invalid, too_many_requests, marketplace_unavailable.
 */
export async function addProfile(ctx: AgentContext, params: unknown) {
  const { token, idempotency_key, files, ...names } = parseParams(request, params)
  const given = files.map(({ name, content }) => {
    if (!base64.test(content)) throw new AppError('invalid_input', 'files: the content must be base64')
    return { field: 'files', name, content: Buffer.from(content, 'base64') }
  })
  const fields: Record<string, string> = {}
  for (const [name, value] of Object.entries(names)) if (value !== undefined) fields[name] = value
  const form = writeForm(fields, given)
  const answer = stored.parse(await ctx.marketplace.people.addProfile(token, form, idempotency_key))
  const { machine_settings: _m, process_settings: _p, filament: _f, ...rest } = answer
  return rest
}
