import { Readable } from 'node:stream'
import type { OpenAPIHono } from '@hono/zod-openapi'
import { downloadQuery } from '../../schema/http/print-jobs.ts'
import type { AppEnv } from '../env.ts'
import { downloadPrepared } from '../services/preparation/index.ts'
import { downloadGcode } from '../services/print-job/index.ts'
import { operation } from './operation.ts'

const path = operation({
  method: 'get',
  path: '/api/print/download-gcode',
  summary: 'Download sealed G-code',
  description: [
    'For printers: the sealed G-code of their print job (job_id), or of a preparation for them (preparation_id).',
    'Request pieces of 16 MiB by Range.',
  ].join(' '),
  caller: 'printer',
  errors: ['not_found', 'not_prepared', 'job_ended', 'gcode_expired', 'range_not_satisfiable', 'unavailable'],
  request: { query: downloadQuery },
  responses: { 200: { description: 'The whole file' }, 206: { description: 'A range of it' } },
})

export function downloadRoutes(app: OpenAPIHono<AppEnv>): void {
  app.openapi(path, async c => {
    const { job_id = '', preparation_id } = c.req.valid('query')
    const range = c.req.header('range')
    const download = await (preparation_id
      ? downloadPrepared(c.get('ctx'), preparation_id, range)
      : downloadGcode(c.get('ctx'), job_id, range))
    const { start, end, size, isPartial } = download
    // No Content-Length: Cloud Run's front end refuses answers over 32 MiB unless they are chunked.
    const headers = {
      'content-type': 'application/octet-stream',
      'cache-control': 'no-store',
      'accept-ranges': 'bytes',
      ...(isPartial ? { 'content-range': `bytes ${start}-${end}/${size}` } : {}),
    }
    // Hono runs this handler for HEAD, too. Its body is never read, so do not open a download.
    if (c.req.method === 'HEAD') return new Response(null, { status: isPartial ? 206 : 200, headers })
    const body = Readable.toWeb(download.open()) as ReadableStream
    return new Response(body, { status: isPartial ? 206 : 200, headers })
  })
}
