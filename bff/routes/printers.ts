import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { idSchema } from '../../schema/http/ids.ts'
import {
  printerListResponse,
  printerTokenResponse,
  registerPrinterRequest,
  registerPrinterResponse,
} from '../../schema/http/printers.ts'
import type { AppEnv } from '../env.ts'
import { idempotent } from '../idempotency.ts'
import { listPrinters } from '../services/printer/list.ts'
import { registerPrinter } from '../services/printer/register.ts'
import { removePrinter } from '../services/printer/remove.ts'
import { renewPrinterToken } from '../services/printer/renew-token.ts'
import { answers, bearerAuth, idempotencyHeaders, jsonBody, nothing, problems } from './describe.ts'

const paths = {
  register: createRoute({
    method: 'post',
    path: '/api/register-printer',
    security: bearerAuth,
    middleware: idempotent({ isSecret: true }),
    request: { ...jsonBody(registerPrinterRequest), headers: idempotencyHeaders },
    responses: { 201: answers(registerPrinterResponse, 'The printer, its wrapped key and its token'), ...problems },
  }),
  list: createRoute({
    method: 'get',
    path: '/api/printers',
    security: bearerAuth,
    responses: { 200: answers(printerListResponse, 'Your printers'), ...problems },
  }),
  remove: createRoute({
    method: 'delete',
    path: '/api/printers/{id}',
    security: bearerAuth,
    request: {
      params: z.object({ id: idSchema('printer') }),
      query: z.object({ force: z.enum(['true', 'false']).default('false') }),
    },
    responses: { 204: nothing, ...problems },
  }),
  renew: createRoute({
    method: 'post',
    path: '/api/printers/refresh-token',
    security: bearerAuth,
    responses: { 200: answers(printerTokenResponse, 'A token with a new life'), ...problems },
  }),
}

export function printerRoutes(app: OpenAPIHono<AppEnv>): void {
  app.openapi(paths.register, async c => {
    const printer = await registerPrinter(c.get('ctx'), c.req.valid('json'), c.get('operation')?.id)
    return c.json(printer, 201)
  })
  app.openapi(paths.list, async c => c.json({ printers: await listPrinters(c.get('ctx')) }, 200))
  app.openapi(paths.remove, async c => {
    const { force } = c.req.valid('query')
    await removePrinter(c.get('ctx'), c.req.valid('param').id, { force: force === 'true' })
    return c.body(null, 204)
  })
  app.openapi(paths.renew, async c => c.json(await renewPrinterToken(c.get('ctx')), 200))
}
