import type { Context, Hono } from 'hono'
import { AppError } from '../../../schema/http/errors.ts'
import type { WebEnv } from '../env.ts'
import { requireWatcher } from '../guard.ts'
import type { WebParts } from '../parts.ts'
import { callMethod } from './call.ts'

/** Pictures as pictures: the methods of the agent answer with base64. */
export function pictureRoutes(app: Hono<WebEnv>, parts: WebParts): void {
  app.get('/api/pictures/jobs/:id', c => {
    requireWatcher(parts, c)
    const content = c.get('edge').page.pictureOfJob(c.req.param('id'))
    if (content === null) throw new AppError('not_found', 'There is no picture of this job.')
    return answerPng(c, content)
  })
  app.get('/api/pictures/models/:id/:view', async c => {
    const params = { model_id: c.req.param('id'), view: c.req.param('view') }
    return answerPng(c, contentOf(await callMethod(parts, c, 'model_picture', params)))
  })
  app.get('/api/pictures/preparations/:id/:index', async c => {
    const params = { preparation_id: c.req.param('id'), index: c.req.param('index') }
    return answerPng(c, contentOf(await callMethod(parts, c, 'layer_picture', params)))
  })
}

const contentOf = (answer: unknown) => (answer as { content: string }).content

const pngStart = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

/** Serves only a PNG from the page's origin, so that no answer of the marketplace runs there as a page. */
function answerPng(c: Context<WebEnv>, base64: string): Response {
  const bytes = Buffer.from(base64, 'base64')
  if (!bytes.subarray(0, pngStart.length).equals(pngStart)) throw new AppError('not_found', 'There is no picture.')
  c.header('cache-control', 'private, max-age=86400')
  return c.body(new Uint8Array(bytes), 200, { 'content-type': 'image/png' })
}
