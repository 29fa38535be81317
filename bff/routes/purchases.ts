import { type OpenAPIHono, z } from '@hono/zod-openapi'
import { idSchema } from '../../schema/http/ids.ts'
import {
  purchaseListQuery,
  purchaseListResponse,
  purchaseRequest,
  purchaseResponse,
} from '../../schema/http/purchases.ts'
import type { AppEnv } from '../env.ts'
import { getPurchase, listPurchases, purchaseModel } from '../services/purchase/index.ts'
import { answers, idempotencyHeaders, jsonBody } from './describe.ts'
import { operation } from './operation.ts'

const paths = {
  purchase: operation({
    method: 'post',
    path: '/api/purchase-model',
    summary: 'Buy the right to print a model',
    description: 'Pays from your wallet in the chosen currency, and waits some seconds for the ledger.',
    caller: 'user',
    errors: [
      'not_found',
      'license_not_offered',
      'currency_not_accepted',
      'insufficient_funds',
      'payment_failed',
      'daily_cap_exceeded',
      'payee_not_allowed',
      'transaction_refused',
      'operator_account_empty',
      'cws_unavailable',
      'ledger_unavailable',
    ],
    repeatable: {},
    request: { ...jsonBody(purchaseRequest), headers: idempotencyHeaders },
    responses: {
      200: answers(purchaseResponse, 'Paid: active'),
      202: answers(purchaseResponse, 'The ledger has not answered yet: pending; ask /api/purchases/{id}'),
    },
  }),
  list: operation({
    method: 'get',
    path: '/api/purchases',
    summary: 'List your purchases',
    caller: 'user',
    request: { query: purchaseListQuery },
    responses: { 200: answers(purchaseListResponse, 'Your purchases, newest first') },
  }),
  get: operation({
    method: 'get',
    path: '/api/purchases/{id}',
    summary: 'Get a purchase',
    caller: 'user',
    errors: ['not_found'],
    request: { params: z.object({ id: idSchema('purchase') }) },
    responses: { 200: answers(purchaseResponse, 'The purchase') },
  }),
}

export function purchaseRoutes(app: OpenAPIHono<AppEnv>): void {
  app.openapi(paths.purchase, async c => {
    const purchase = await purchaseModel(c.get('ctx'), c.req.valid('json'), c.get('operation')?.id)
    return c.json(purchase, purchase.status === 'active' ? 200 : 202)
  })
  app.openapi(paths.list, async c => c.json(await listPurchases(c.get('ctx'), c.req.valid('query')), 200))
  app.openapi(paths.get, async c => c.json(await getPurchase(c.get('ctx'), c.req.valid('param').id), 200))
}
