/**
 * The child process that opens models: strangers' bytes are parsed here, without network, environment or a disk to write to.
 * A request and a file come in on stdin; the report goes out on a third pipe, then the STL on stdout.
 */
import { readSync, writeSync } from 'node:fs'
import { isAppError } from '../../schema/http/errors.ts'
import { openModel } from '../model/open-model.ts'
import { type OpenReport, openRequest, reportFd, requestLengthSize } from './protocol.ts'

try {
  const request = openRequest.parse(JSON.parse(read(read(requestLengthSize).readUInt32BE()).toString('utf8')))
  const { pictures, icon, stl, ...opened } = await openModel(read(request.fileBytes), request)
  report({
    type: 'opened',
    ...opened,
    pictures: pictures.map(({ view, png }) => ({ view, png: png.toString('base64') })),
    icon: icon.toString('base64'),
    stlBytes: stl.length,
  })
  write(1, stl)
} catch (error) {
  if (!isAppError(error)) throw error
  report({ type: 'refused', code: error.code, message: error.message.slice(0, 1000) })
}

function report(message: OpenReport): void {
  write(reportFd, Buffer.from(`${JSON.stringify(message)}\n`))
}

function read(size: number): Buffer {
  const buffer = Buffer.allocUnsafe(size)
  for (let filled = 0; filled < size; ) {
    const count = readSync(0, buffer, filled, size - filled, null)
    if (count === 0) throw new Error('the request was cut off')
    filled += count
  }
  return buffer
}

function write(fd: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written)
}
