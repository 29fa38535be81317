import { type OpenAPIHono, z } from '@hono/zod-openapi'
import { idSchema } from '../../schema/http/ids.ts'
import { printerFacts, printerFactsMaxBytes, printerFactsMaxValues } from '../../schema/http/printer-facts.ts'
import {
  printerListQuery,
  printerListResponse,
  printerTokenResponse,
  registerPrinterRequest,
  registerPrinterResponse,
} from '../../schema/http/printers.ts'
import type { AppEnv } from '../env.ts'
import {
  listPrinters,
  registerPrinter,
  removePrinter,
  renewPrinterToken,
  setPrinterFacts,
} from '../services/printer/index.ts'
import { answers, idempotencyHeaders, jsonBody, nothing } from './describe.ts'
import { operation } from './operation.ts'

const paths = {
  register: operation({
    method: 'post',
    path: '/api/register-printer',
    summary: 'Register a printer',
    description:
      'Creates the key under which the printer’s G-code is sealed, and the printer’s token, which is valid for 30 days.',
    caller: 'user',
    errors: ['not_found', 'too_many_requests', 'cws_unavailable'],
    repeatable: { isSecret: true },
    request: { ...jsonBody(registerPrinterRequest), headers: idempotencyHeaders },
    responses: { 201: answers(registerPrinterResponse, 'The printer, its wrapped key and its token') },
  }),
  list: operation({
    method: 'get',
    path: '/api/printers',
    summary: 'List your printers',
    caller: 'user',
    request: { query: printerListQuery },
    responses: { 200: answers(printerListResponse, 'Your printers') },
  }),
  remove: operation({
    method: 'delete',
    path: '/api/printers/{id}',
    summary: 'Remove a printer',
    description:
      'Revokes its token and its key, and expires what is prepared for it. With force=true an active print job fails.',
    caller: 'user or printer',
    errors: ['not_found', 'printer_busy'],
    request: {
      params: z.object({ id: idSchema('printer') }),
      query: z.object({ force: z.enum(['true', 'false']).default('false') }),
    },
    responses: { 204: nothing },
  }),
  renew: operation({
    method: 'post',
    path: '/api/printers/refresh-token',
    summary: 'Renew the printer’s token',
    description: 'For printers, with their present token.',
    caller: 'printer',
    responses: { 200: answers(printerTokenResponse, 'A token with a new life') },
  }),
  setFacts: operation({
    method: 'put',
    path: '/api/printer-facts',
    summary: 'Say what the printer is',
    description: [
      'For printers: the macros, limits, arcs and nozzle of the Klipper configuration.',
      'Profiles are checked against them before a slice is paid for.',
    ].join(' '),
    caller: 'printer',
    maxBodyBytes: printerFactsMaxBytes,
    maxBodyValues: printerFactsMaxValues,
    request: jsonBody(printerFacts),
    responses: { 204: nothing },
  }),
}

export function printerRoutes(app: OpenAPIHono<AppEnv>): void {
  app.openapi(paths.register, async c => {
    const printer = await registerPrinter(c.get('ctx'), c.req.valid('json'), c.get('operation')?.id)
    return c.json(printer, 201)
  })
  app.openapi(paths.list, async c => c.json(await listPrinters(c.get('ctx'), c.req.valid('query')), 200))
  app.openapi(paths.remove, async c => {
    const { force } = c.req.valid('query')
    await removePrinter(c.get('ctx'), c.req.valid('param').id, { force: force === 'true' })
    return c.body(null, 204)
  })
  app.openapi(paths.setFacts, async c => {
    await setPrinterFacts(c.get('ctx'), c.req.valid('json'))
    return c.body(null, 204)
  })
  app.openapi(paths.renew, async c => c.json(await renewPrinterToken(c.get('ctx')), 200))
}
