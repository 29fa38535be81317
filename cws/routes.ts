import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import type { Context, MiddlewareHandler } from 'hono'
import type { z } from 'zod'
import type { ShellEnv } from '../runtime/http.ts'
import {
  createWalletRequest,
  createWalletResponse,
  decryptDataRequest,
  decryptDataResponse,
  encryptDataRequest,
  encryptDataResponse,
  endJobRequest,
  endJobResponse,
  signRefundRequest,
  signTransactionRequest,
  signTransactionResponse,
} from '../schema/http/cws.ts'
import type { CwsContext } from './context.ts'
import { decryptData } from './keys/decrypt-data.ts'
import { encryptData } from './keys/encrypt-data.ts'
import { endJob } from './keys/end-job.ts'
import { signRefund } from './signing/sign-refund.ts'
import { signTransaction } from './signing/sign-transaction.ts'
import { createWallet } from './wallets/create-wallet.ts'

export interface CwsEnv extends ShellEnv {
  Variables: ShellEnv['Variables'] & { ctx: CwsContext }
}

/** Each of these finds out who calls and audits the call, before the body is read, and then bounds the body. */
export interface Doors {
  /** For services of ours, by ID token. */
  services: MiddlewareHandler<CwsEnv>[]
  /** For holders of a grant, by cws_token. */
  grants: MiddlewareHandler<CwsEnv>[]
}

export function addRoutes(app: OpenAPIHono<CwsEnv>, { services, grants }: Doors): void {
  app.openapi(operation('encrypt-data', services, encryptDataRequest, encryptDataResponse), async c =>
    c.json(await encryptData(contextFor(c), c.req.valid('json')), 200),
  )
  app.openapi(operation('decrypt-data', grants, decryptDataRequest, decryptDataResponse), async c =>
    c.json(await decryptData(contextFor(c), c.req.valid('json')), 200),
  )
  app.openapi(operation('end-job', services, endJobRequest, endJobResponse), async c =>
    c.json(await endJob(contextFor(c), c.req.valid('json')), 200),
  )
  app.openapi(operation('create-wallet', services, createWalletRequest, createWalletResponse), async c =>
    c.json(await createWallet(contextFor(c), c.req.valid('json')), 200),
  )
  app.openapi(operation('sign-transaction', services, signTransactionRequest, signTransactionResponse), async c =>
    c.json(await signTransaction(contextFor(c), c.req.valid('json')), 200),
  )
  app.openapi(operation('sign-refund', services, signRefundRequest, signTransactionResponse), async c =>
    c.json(await signRefund(contextFor(c), c.req.valid('json')), 200),
  )
}

function contextFor(c: Context<CwsEnv>): CwsContext {
  return c.get('ctx')
}

function operation<Name extends string, Input extends z.ZodType, Output extends z.ZodType>(
  name: Name,
  door: MiddlewareHandler<CwsEnv>[],
  input: Input,
  output: Output,
) {
  return createRoute({
    method: 'post',
    path: `/ops/${name}`,
    middleware: door,
    request: { body: { required: true, content: { 'application/json': { schema: input } } } },
    responses: { 200: { description: 'Done', content: { 'application/json': { schema: output } } } },
  })
}
