import { Hono } from 'hono'
import { answerProblem } from '../../runtime/problem.ts'
import type { WebEnv } from './env.ts'
import { admit, identify, recordRefusals, requireOwnPage, selectPrinter } from './guard.ts'
import { securityHeaders } from './headers.ts'
import type { WebParts } from './parts.ts'
import { callRoutes } from './routes/call.ts'
import { eventRoutes } from './routes/events.ts'
import { fileRoutes } from './routes/files.ts'
import { pictureRoutes } from './routes/pictures.ts'
import { securityLogRoute } from './routes/security-log.ts'
import { sessionRoutes } from './routes/session.ts'
import { trustRoutes } from './routes/trust.ts'

/** Where Mainsail's and Fluidd's nginx serves the page. Also with a proxy that leaves the folder in the address, the page works. */
const folder = '/server/lmnt'

export interface WebAppOptions {
  parts: WebParts
  /** Other origins that may show the page in a frame. */
  origins: readonly string[]
  /** The folder of the built page. */
  uiFolder: string
}

/** The printer's page and its API. The table of its routes is in README.md. */
export function createWebApp({ parts, origins, uiFolder }: WebAppOptions): Hono<WebEnv> {
  const app = new Hono<WebEnv>({ getPath: request => withoutFolder(new URL(request.url).pathname) })
  app.onError((error, c) => {
    recordRefusals(error, c)
    return answerProblem(c, error)
  })
  app.use(identify(parts), securityHeaders(origins), admit(parts))
  app.get(folder, c => c.redirect(`lmnt/${new URL(c.req.url).search}`, 308))
  app.use('/api/*', selectPrinter(parts), requireOwnPage(parts))
  sessionRoutes(app, parts)
  callRoutes(app, parts)
  eventRoutes(app, parts)
  pictureRoutes(app, parts)
  securityLogRoute(app, parts)
  trustRoutes(app, parts)
  fileRoutes(app, uiFolder)
  return app
}

function withoutFolder(path: string): string {
  return path.startsWith(`${folder}/`) ? path.slice(folder.length) : path
}
