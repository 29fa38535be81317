import { createHash, type Hash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import busboy from 'busboy'
import { AppError } from '../schema/http/errors.ts'

export interface FormRequest {
  contentType: string | undefined
  /** NaN where the request does not say. */
  contentLength: number
  body: ReadableStream<Uint8Array> | null
}

/** A request as its framework has it. */
export function toFormRequest(request: { header: (name: string) => string | undefined; raw: Request }): FormRequest {
  return {
    contentType: request.header('content-type'),
    contentLength: Number(request.header('content-length') ?? Number.NaN),
    body: request.raw.body as ReadableStream<Uint8Array> | null,
  }
}

export interface FormRules<T> {
  /** The name of the one file. */
  file: string
  maxFileBytes: number
  /** Takes the file while it arrives, before or after the fields; what it throws ends the reading at once. */
  onFile: (content: AsyncIterable<Buffer>) => Promise<T>
}

export interface Form<T> {
  fields: Map<string, string>
  /** What onFile made of the file; undefined when there was none. */
  file: T | undefined
  /** A hash of what is in the form, field by field: the same however it was cut into parts. */
  fingerprint: string
}

const maxFields = 10
const maxFieldBytes = 64 * 1024
/** What a form has beside its file: fields, boundaries, headers. */
const maxOtherBytes = 1024 * 1024

// The refusal goes out at once. But fetch() and browsers see it only when they may go on sending: so the rest is read and
// thrown away, within bounds; past them the connection is cut.
const discardMaxBytes = 256 * 1024 * 1024
const discardMaxMs = 30_000

/**
 * Reads a multipart form as a stream: nothing of the file is held.
 * Errors: unsupported_media_type, bad_request, payload_too_large, and what onFile throws.
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
  let file: Promise<T> | undefined
  const fileHash = createHash('sha256')

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
      // busboy would skip the rest of it in silence.
      stream.on('limit', () => stream.destroy(tooLarge(rules.maxFileBytes)))
      // A file that is destroyed while nobody reads it would end the process.
      stream.on('error', () => {})
      if (name !== rules.file && /^(application\/json|text\/plain)$/i.test(info.mimeType) && texts.length < maxFields) {
        const text = readText(name, stream as AsyncIterable<Buffer>).then(value => void fields.set(name, value))
        text.catch(fail)
        texts.push(text)
        return
      }
      if (name !== rules.file || file) {
        fail(new AppError('bad_request', `The form takes one file, in the field "${rules.file}".`))
        return
      }
      file = rules.onFile(hashed(stream as AsyncIterable<Buffer>, fileHash))
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
    const made = await file
    const content = { fields: [...fields].sort(), file: file ? fileHash.digest('hex') : null }
    return { fields, file: made, fingerprint: createHash('sha256').update(JSON.stringify(content)).digest('hex') }
  } catch (error) {
    await Promise.allSettled([file, ...texts])
    throw error
  }
}

/** A field that comes as a file: what a page sends that appends its JSON as a Blob, to say its type. */
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

async function* hashed(content: AsyncIterable<Buffer>, hash: Hash): AsyncGenerator<Buffer> {
  for await (const piece of content) {
    hash.update(piece)
    yield piece
  }
}

/** For `onFile`, where the file is only compared. */
export async function skipFile(content: AsyncIterable<Buffer>): Promise<void> {
  for await (const _ of content);
}

/** For a request that is refused unread: see above. */
export function discardBody(request: FormRequest): void {
  if (request.body) void discard(Readable.fromWeb(request.body))
}

/** Reads a request to its end, or to where we lose patience. Never rejects. */
async function discard(source: Readable): Promise<void> {
  const until = performance.now() + discardMaxMs
  let bytes = 0
  try {
    for await (const piece of source) {
      bytes += (piece as Buffer).length
      if (bytes > discardMaxBytes || performance.now() > until) return
    }
  } catch {
    // The client has gone: nobody waits for the answer.
  }
}

function tooLarge(maxBytes: number): AppError {
  return new AppError('payload_too_large', `A file may have at most ${maxBytes / 1024 / 1024} MiB.`)
}

function openParser(contentType: string | undefined, maxFileBytes: number) {
  try {
    return busboy({
      headers: { 'content-type': contentType },
      // busboy cuts a file that has exactly the limit.
      limits: { fileSize: maxFileBytes + 1, fields: maxFields, fieldSize: maxFieldBytes, headerPairs: 50 },
    })
  } catch (cause) {
    throw new AppError('unsupported_media_type', 'Send the form as multipart/form-data.', { cause })
  }
}
