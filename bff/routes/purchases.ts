import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { idSchema } from '../../schema/http/ids.ts'
import { purchaseListResponse, purchaseRequest, purchaseResponse } from '../../schema/http/purchases.ts'
import type { AppEnv } from '../env.ts'
import { idempotent } from '../idempotency.ts'
import { drainSoon } from '../services/outbox/drain.ts'
import { getPurchase } from '../services/purchase/get.ts'
import { listPurchases } from '../services/purchase/list.ts'
import { purchaseModel } from '../services/purchase/purchase.ts'
import { answers, bearerAuth, idempotencyHeaders, jsonBody, problems } from './describe.ts'

const paths = {
  purchase: createRoute({
    method: 'post',
    path: '/api/purchase-model',
    security: bearerAuth,
    middleware: idempotent(),
    request: { ...jsonBody(purchaseRequest), headers: idempotencyHeaders },
    responses: {
      200: answers(purchaseResponse, 'Paid: active'),
      202: answers(purchaseResponse, 'The ledger has not answered yet: pending; ask /api/purchases/{id}'),
      ...problems,
    },
  }),
  list: createRoute({
    method: 'get',
    path: '/api/purchases',
    security: bearerAuth,
    responses: { 200: answers(purchaseListResponse, 'Your purchases, newest first'), ...problems },
  }),
  get: createRoute({
    method: 'get',
    path: '/api/purchases/{id}',
    security: bearerAuth,
    request: { params: z.object({ id: idSchema('purchase') }) },
    responses: { 200: answers(purchaseResponse, 'The purchase'), ...problems },
  }),
}

export function purchaseRoutes(app: OpenAPIHono<AppEnv>): void {
  app.openapi(paths.purchase, async c => {
    const purchase = await purchaseModel(c.get('ctx'), c.req.valid('json'), c.get('operation')?.id)
    drainSoon(c.get('ctx'))
    return c.json(purchase, purchase.status === 'active' ? 200 : 202)
  })
  app.openapi(paths.list, async c => c.json({ purchases: await listPurchases(c.get('ctx')) }, 200))
  app.openapi(paths.get, async c => c.json(await getPurchase(c.get('ctx'), c.req.valid('param').id), 200))
}
