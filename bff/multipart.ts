import { createHash, type Hash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import busboy from 'busboy'
import { AppError } from '../schema/http/errors.ts'

export interface FormRequest {
  contentType: string | undefined
  /** NaN without Content-Length. */
  contentLength: number
  body: ReadableStream<Uint8Array> | null
}

/** Converts a request of Hono. */
export function toFormRequest(request: { header: (name: string) => string | undefined; raw: Request }): FormRequest {
  return {
    contentType: request.header('content-type'),
    contentLength: Number(request.header('content-length') ?? Number.NaN),
    body: request.raw.body as ReadableStream<Uint8Array> | null,
  }
}

/** Whether a request says that its body is a form. */
export function isForm(contentType: string | undefined): boolean {
  return /^\s*multipart\/form-data\s*(;|$)/i.test(contentType ?? '')
}

export interface FormRules<T> {
  /** The field of the file, or of each of several. */
  file: string
  mostFiles?: number
  /** Size of all files together. */
  maxFileBytes: number
  /** Consumes a file while it arrives, before or after the fields. An error of it ends the reading at once. */
  onFile: (content: AsyncIterable<Buffer>, name: string) => Promise<T>
}

export interface Form<T> {
  fields: Map<string, string>
  /** The results of onFile, in the form's order. */
  files: T[]
  /** A hash of the fields and the files' contents, which does not depend on boundaries and chunks. */
  fingerprint: string
}

const maxFields = 10
const maxFieldBytes = 64 * 1024
/** Allowance for the rest of the form: fields, boundaries, headers. */
const maxOtherBytes = 1024 * 1024

// The refusal is sent at once, but fetch() and browsers read it only after they have sent the whole body. So the rest is read and
// dropped, up to these limits; then the connection is closed.
const discardMaxBytes = 256 * 1024 * 1024
const discardMaxMs = 30_000

/**
 * Reads a multipart form as a stream, without buffering its files.
 * Errors: unsupported_media_type, bad_request, payload_too_large, and those of onFile.
 */
export async function readForm<T>(request: FormRequest, rules: FormRules<T>): Promise<Form<T>> {
  if (!request.body) throw new AppError('bad_request', 'The request has no body.')
  const source = Readable.fromWeb(request.body)
  try {
    const parser = openParser(request.contentType, rules.maxFileBytes)
    if (request.contentLength > rules.maxFileBytes + maxOtherBytes) throw tooLarge(rules.maxFileBytes)
    return await parseForm(source, parser, rules)
  } catch (error) {
    void discard(source)
    throw error
  }
}

async function parseForm<T>(source: Readable, parser: busboy.Busboy, rules: FormRules<T>): Promise<Form<T>> {
  const fields = new Map<string, string>()
  const texts: Promise<void>[] = []
  const files: Promise<T>[] = []
  const hashes: Hash[] = []
  let fileBytes = 0

  const mostFiles = rules.mostFiles ?? 1

  async function* watched(content: AsyncIterable<Buffer>, hash: Hash): AsyncGenerator<Buffer> {
    for await (const piece of content) {
      fileBytes += piece.length
      if (fileBytes > rules.maxFileBytes) throw tooLarge(rules.maxFileBytes)
      hash.update(piece)
      yield piece
    }
  }

  const parsed = new Promise<void>((resolve, reject) => {
    function fail(error: unknown): void {
      reject(error)
      source.unpipe(parser)
      parser.destroy(error as Error)
    }
    parser.on('field', (name, value, info) => {
      if (info.valueTruncated) fail(new AppError('payload_too_large', `The field ${name} is too long.`))
      fields.set(name, value)
    })
    parser.on('file', (name, stream, info) => {
      // busboy would silently skip the rest of the file.
      stream.on('limit', () => stream.destroy(tooLarge(rules.maxFileBytes)))
      // Without a listener, the error of a destroyed file would end the process.
      stream.on('error', () => {})
      if (name !== rules.file && /^(application\/json|text\/plain)$/i.test(info.mimeType) && texts.length < maxFields) {
        const text = readText(name, stream as AsyncIterable<Buffer>).then(value => void fields.set(name, value))
        text.catch(fail)
        texts.push(text)
        return
      }
      if (name !== rules.file || files.length === mostFiles) {
        const most = mostFiles === 1 ? 'exactly one file' : `at most ${mostFiles} files`
        fail(new AppError('bad_request', `Send ${most}, in the field "${rules.file}".`))
        return
      }
      const hash = createHash('sha256')
      const file = rules.onFile(watched(stream as AsyncIterable<Buffer>, hash), info.filename ?? 'a file')
      hashes.push(hash)
      files.push(file)
      file.catch(fail)
    })
    parser.on('fieldsLimit', () => fail(new AppError('bad_request', `The form has more than ${maxFields} fields.`)))
    parser.on('error', error => fail(new AppError('bad_request', 'The form cannot be read.', { cause: error })))
    parser.on('close', resolve)
    source.on('error', error => fail(new AppError('bad_request', 'The request was cut off.', { cause: error })))
    source.pipe(parser)
  })
  try {
    await parsed
    await Promise.all(texts)
    const made = await Promise.all(files)
    const digests = hashes.map(hash => hash.digest('hex'))
    const content = { fields: [...fields].sort(), file: digests.length > 1 ? digests : (digests[0] ?? null) }
    return { fields, files: made, fingerprint: createHash('sha256').update(JSON.stringify(content)).digest('hex') }
  } catch (error) {
    await Promise.allSettled([...files, ...texts])
    throw error
  }
}

/** Reads a field that was sent as a file: web pages send their JSON as a Blob to set its type. */
async function readText(name: string, content: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of content) {
    size += piece.length
    if (size > maxFieldBytes) throw new AppError('payload_too_large', `The field ${name} is too long.`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

/** For `onFile` when only the form's hash is needed. */
export async function skipFile(content: AsyncIterable<Buffer>): Promise<void> {
  for await (const _ of content);
}

/** For a request that is refused before its body is read: see above. */
export function discardBody(request: FormRequest): void {
  if (request.body) void discard(Readable.fromWeb(request.body))
}

/** Reads and drops a request's body, up to the limits above. Never rejects. */
async function discard(source: Readable): Promise<void> {
  const until = performance.now() + discardMaxMs
  let bytes = 0
  try {
    for await (const piece of source) {
      bytes += (piece as Buffer).length
      if (bytes > discardMaxBytes || performance.now() > until) return
    }
  } catch {
    // The client has closed the connection.
  }
}

function tooLarge(maxBytes: number): AppError {
  return new AppError('payload_too_large', `Files may have at most ${maxBytes / 1024 / 1024} MiB.`)
}

function openParser(contentType: string | undefined, maxFileBytes: number) {
  try {
    return busboy({
      headers: { 'content-type': contentType },
      // busboy truncates a file of exactly the limit.
      limits: { fileSize: maxFileBytes + 1, fields: maxFields, fieldSize: maxFieldBytes, headerPairs: 50 },
    })
  } catch (cause) {
    throw new AppError('unsupported_media_type', 'Send the form as multipart/form-data.', { cause })
  }
}
