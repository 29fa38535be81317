import { type OpenAPIHono, z } from '@hono/zod-openapi'
import { idSchema } from '../../schema/http/ids.ts'
import { receiptQuery, receiptResponse } from '../../schema/http/purchases.ts'
import type { AppEnv } from '../env.ts'
import { getReceipt } from '../services/receipt/index.ts'
import { answers } from './describe.ts'
import { operation } from './operation.ts'

const receipt = operation({
  method: 'get',
  path: '/api/receipts/{purchase_id}',
  summary: 'Get the receipt of a purchase',
  description: 'Everything needed to check the purchase on the ledger without the marketplace.',
  caller: 'user',
  errors: ['not_found'],
  request: { params: z.object({ purchase_id: idSchema('purchase') }), query: receiptQuery },
  responses: { 200: answers(receiptResponse, 'The payment, and the events with their salts') },
})

export function receiptRoutes(app: OpenAPIHono<AppEnv>): void {
  app.openapi(receipt, async c =>
    c.json(await getReceipt(c.get('ctx'), c.req.valid('param').purchase_id, c.req.valid('query')), 200),
  )
}
