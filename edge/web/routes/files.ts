import type { Hono } from 'hono'
import { AppError } from '../../../schema/http/errors.ts'
import type { WebEnv } from '../env.ts'
import { listStaticFiles, readStaticFile, type StaticFiles } from '../static-files.ts'

/** The files of the built page. */
export function fileRoutes(app: Hono<WebEnv>, folder: string): void {
  const files = createListing(folder)
  app.get('*', async c => {
    const file = files(c.req.path)
    const content = file && (await readStaticFile(file, c.req.header('accept-encoding')))
    if (!file || !content) {
      if (c.req.path === '/') return c.text(notBuilt, 503)
      throw new AppError('not_found', `There is nothing at ${c.req.path}.`)
    }
    const { bytes, encoding, etag } = content
    c.header('cache-control', file.isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache')
    c.header('vary', 'accept-encoding')
    if (etag !== null) {
      c.header('etag', etag)
      if (c.req.header('if-none-match') === etag) return c.body(null, 304)
    }
    if (encoding !== null) c.header('content-encoding', encoding)
    return c.body(new Uint8Array(bytes), 200, { 'content-type': file.type })
  })
}

/** Lists the folder at the first request; and again when something is missing, since the page may have been built anew. */
function createListing(folder: string): StaticFiles['find'] {
  let listed: { files: StaticFiles; at: number } | null = null
  return path => {
    const found = listed?.files.find(path) ?? null
    if (found || (listed && performance.now() - listed.at < listAgainMs)) return found
    listed = { files: listStaticFiles(folder), at: performance.now() }
    return listed.files.find(path)
  }
}

const listAgainMs = 5000

const notBuilt = 'The printer’s page is not part of this installation. In a checkout, build it: npm run build:ui\n'
