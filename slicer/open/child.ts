/**
 * The child process that opens models: uploaded files are parsed here, without network, environment or a writable disk.
 * A request and a file come in on stdin; the report goes out on a third pipe, then the STL on stdout.
 */
import { isAppError } from '../../schema/http/errors.ts'
import { openModel } from '../model/open-model.ts'
import { readInput, readRequest, sendReport, writeOutput } from '../sandbox/pipes.ts'
import type { OpenReport, OpenRequest } from './protocol.ts'

try {
  const request = readRequest() as OpenRequest
  const { pictures, icon, stl, ...opened } = await openModel(readInput(request.fileBytes), request)
  report({
    type: 'opened',
    ...opened,
    pictures: pictures.map(({ view, png }) => ({ view, png: png.toString('base64') })),
    icon: icon.toString('base64'),
    stlBytes: stl.length,
  })
  writeOutput(stl)
} catch (error) {
  if (!isAppError(error)) throw error
  report({ type: 'refused', code: error.code, message: error.message.slice(0, 1000) })
}

function report(message: OpenReport): void {
  sendReport(message)
}
