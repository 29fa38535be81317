import { parse } from '../../../runtime/http.ts'
import { AppError } from '../../../schema/http/errors.ts'
import {
  type ProfileCreatedResponse,
  profileFilesMaxBytes,
  profileFilesMost,
  profileRequest,
} from '../../../schema/http/profiles.ts'
import { readProfileRequest } from '../../../schema/http/slicer.ts'
import { type Context, requireUser } from '../../context.ts'
import { type FormRequest, readForm } from '../../multipart.ts'
import type { Operation } from '../idempotency/index.ts'
import { createProfile } from './create.ts'

/** Small enough to be kept in memory. */
export const profileFileRules = { file: 'files', mostFiles: profileFilesMost, maxFileBytes: profileFilesMaxBytes }

/**
 * Stores a profile out of OrcaSlicer's own files. The slicer reads them; what it finds is stored as if it had come as JSON.
 * Errors: those of createProfile, invalid_input, payload_too_large, unavailable.
 */
export async function createProfileFromFiles(
  ctx: Context,
  request: FormRequest,
  operation?: Operation,
): Promise<ProfileCreatedResponse> {
  requireUser(ctx)
  const form = await readForm(request, {
    ...profileFileRules,
    onFile: async (content, name) => ({ name: name.slice(0, 200), content: await readBase64(content) }),
  })
  await operation?.admit(form.fingerprint)
  if (form.files.length === 0) {
    throw new AppError('invalid_input', 'files: the form has no such file. Send .json, .zip, .orca_printer or .3mf.')
  }
  const { files, fields } = form
  const named = { printer: fields.get('printer'), process: fields.get('process'), filament: fields.get('filament') }
  const read = await ctx.readProfile(parse(readProfileRequest, { files, ...named }))
  const name = fields.get('name') ?? (read.name.trim().slice(0, 120) || undefined)
  return createProfile(ctx, parse(profileRequest, { ...read, name }), operation?.id)
}

async function readBase64(content: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of content) pieces.push(piece)
  return Buffer.concat(pieces).toString('base64')
}
