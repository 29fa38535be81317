import type { OpenAPIHono } from '@hono/zod-openapi'
import { walletQuery, walletResponse } from '../../schema/http/purchases.ts'
import type { AppEnv } from '../env.ts'
import { getWallet } from '../services/wallet/index.ts'
import { answers } from './describe.ts'
import { operation } from './operation.ts'

const wallet = operation({
  method: 'get',
  path: '/api/wallet',
  summary: 'Get your account and its balance',
  description:
    'The account is made at the first call. A designer has a treasury, too, where payments for their models go.',
  caller: 'user',
  errors: ['not_found', 'operator_account_empty', 'cws_unavailable', 'ledger_unavailable'],
  request: { query: walletQuery },
  responses: { 200: answers(walletResponse, 'Your account on the ledger, and what it holds') },
})

export function walletRoutes(app: OpenAPIHono<AppEnv>): void {
  app.openapi(wallet, async c => c.json(await getWallet(c.get('ctx'), c.req.valid('query')), 200))
}
