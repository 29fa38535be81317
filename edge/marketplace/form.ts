import { randomUUID } from 'node:crypto'

/** A multipart form as it is sent. */
export interface Form {
  contentType: string
  body: Buffer
}

export interface FormFile {
  field: string
  name: string
  content: Buffer
}

/** Writes a form. Not `FormData`: it comes with fetch, which takes megabytes of memory. */
export function writeForm(fields: Record<string, string>, files: readonly FormFile[]): Form {
  const boundary = `lmnt-${randomUUID()}`
  const part = (disposition: string, content: string | Buffer) => [
    Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; ${disposition}\r\n`),
    Buffer.isBuffer(content) ? Buffer.from('content-type: application/octet-stream\r\n\r\n') : Buffer.from('\r\n'),
    Buffer.isBuffer(content) ? content : Buffer.from(content),
    Buffer.from('\r\n'),
  ]
  const parts = [
    ...Object.entries(fields).flatMap(([name, value]) => part(`name=${quoted(name)}`, value)),
    ...files.flatMap(({ field, name, content }) => part(`name=${quoted(field)}; filename=${quoted(name)}`, content)),
    [Buffer.from(`--${boundary}--\r\n`)],
  ].flat()
  return { contentType: `multipart/form-data; boundary=${boundary}`, body: Buffer.concat(parts) }
}

/** As browsers escape a name. */
function quoted(text: string): string {
  return `"${text.replaceAll('\n', '%0A').replaceAll('\r', '%0D').replaceAll('"', '%22')}"`
}
