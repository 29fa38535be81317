import { z } from 'zod'
import { badRequest, preconditionFailed, StorageError } from './errors.ts'

const text = z.string().max(1024)
const customMetadataLimitBytes = 8 * 1024

/** The fields that the writer of an object may set. */
export const objectFields = z.object({
  contentType: text.optional(),
  cacheControl: text.optional(),
  contentDisposition: text.optional(),
  contentLanguage: text.optional(),
  metadata: z.record(z.string(), z.string()).optional(),
})

/** The JSON of an upload. Its hashes must match the body. */
export const insertFields = objectFields.extend({
  name: z.string().optional(),
  crc32c: z.base64().optional(),
  md5Hash: z.base64().optional(),
})

/** A null removes the field or the custom key. */
export const patchFields = z.object({
  contentType: text.nullish(),
  cacheControl: text.nullish(),
  contentDisposition: text.nullish(),
  contentLanguage: text.nullish(),
  metadata: z.record(z.string(), z.string().nullable()).nullish(),
})

/** An object's metadata as the JSON API shows it; 64-bit numbers are strings. */
export const storedObject = objectFields.extend({
  kind: z.literal('storage#object'),
  id: z.string(),
  bucket: z.string(),
  name: z.string(),
  generation: z.string(),
  metageneration: z.string(),
  size: z.string(),
  crc32c: z.string(),
  md5Hash: z.string(),
  etag: z.string(),
  storageClass: z.literal('STANDARD'),
  timeCreated: z.string(),
  updated: z.string(),
})

export type ObjectFields = z.infer<typeof objectFields>
export type InsertFields = z.infer<typeof insertFields>
export type PatchFields = z.infer<typeof patchFields>
export type StoredObject = z.infer<typeof storedObject>

/** Parses a request's JSON by one of the schemas above. */
export function parseFields<T extends z.ZodType>(schema: T, json: unknown): z.infer<T> {
  const result = schema.safeParse(json)
  if (!result.success) throw badRequest(z.prettifyError(result.error))
  return result.data
}

/** An object's name: 1-1024 bytes of UTF-8 without line ends, and neither "." nor "..". */
export function checkName(name: string | null | undefined): string {
  const isGood = name && Buffer.byteLength(name) <= 1024 && !/[\r\n]/.test(name) && name !== '.' && name !== '..'
  if (!isGood) throw badRequest('The object name is missing or not allowed.')
  return name
}

export function checkCustomMetadata(metadata: Record<string, string> = {}): void {
  const size = Object.entries(metadata).reduce((sum, entry) => sum + Buffer.byteLength(entry.join('')), 0)
  if (size > customMetadataLimitBytes) {
    throw new StorageError(400, 'invalid', `Custom metadata of ${size} bytes is over ${customMetadataLimitBytes}.`)
  }
}

/** "0" for the generation: there must be no such object. */
export const preconditionsSchema = z.object({
  ifGenerationMatch: z.string().optional(),
  ifMetagenerationMatch: z.string().optional(),
})

export type Preconditions = z.infer<typeof preconditionsSchema>

export function readPreconditions(query: URLSearchParams): Preconditions {
  const number = (name: string) => {
    const value = query.get(name) ?? undefined
    if (value !== undefined && !/^\d{1,20}$/.test(value)) throw badRequest(`Invalid value for ${name}.`)
    return value
  }
  return {
    ifGenerationMatch: number('ifGenerationMatch'),
    ifMetagenerationMatch: number('ifMetagenerationMatch'),
  }
}

/** Refuses with 412 when the object does not match the caller's preconditions. */
export function checkPreconditions(
  object: StoredObject | undefined,
  { ifGenerationMatch, ifMetagenerationMatch }: Preconditions,
): void {
  const differs = (expected: string | undefined, actual: string | undefined) =>
    expected !== undefined && expected !== (actual ?? '0')
  if (differs(ifGenerationMatch, object?.generation)) throw preconditionFailed()
  if (differs(ifMetagenerationMatch, object?.metageneration)) throw preconditionFailed()
}
