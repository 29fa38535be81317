import { Readable } from 'node:stream'
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { downloadQuery } from '../../schema/http/print-jobs.ts'
import type { AppEnv } from '../env.ts'
import { downloadGcode } from '../services/print-job/download.ts'
import { bearerAuth, problems } from './describe.ts'

const path = createRoute({
  method: 'get',
  path: '/api/print/download-gcode',
  description: 'For printers: the sealed G-code of their own job. Ask in pieces of 16 MiB by Range.',
  security: bearerAuth,
  request: { query: downloadQuery },
  responses: { 200: { description: 'The whole file' }, 206: { description: 'A range of it' }, ...problems },
})

export function downloadRoutes(app: OpenAPIHono<AppEnv>): void {
  app.openapi(path, async c => {
    const download = await downloadGcode(c.get('ctx'), c.req.valid('query').job_id, c.req.header('range'))
    const { start, end, size, isPartial } = download
    // No content-length: Cloud Run's front end refuses answers over 32 MiB that are not chunked.
    const headers = {
      'content-type': 'application/octet-stream',
      'cache-control': 'no-store',
      'accept-ranges': 'bytes',
      ...(isPartial ? { 'content-range': `bytes ${start}-${end}/${size}` } : {}),
    }
    const body = Readable.toWeb(download.open()) as ReadableStream
    return new Response(body, { status: isPartial ? 206 : 200, headers })
  })
}
