import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import type { Context, MiddlewareHandler } from 'hono'
import type { z } from 'zod'
import { problemResponses } from '../runtime/describe.ts'
import type { ShellEnv } from '../runtime/problem.ts'
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
import type { ErrorCode } from '../schema/http/errors.ts'
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

/** Middleware for a route: identifies the caller and audits the call before the body is read, then limits the body's size. */
export interface Guards {
  /** For our services, by ID token. */
  services: MiddlewareHandler<CwsEnv>[]
  /** For holders of a grant, by cws_token. */
  grants: MiddlewareHandler<CwsEnv>[]
}

/** Adds the six operations. */
export function addRoutes(app: OpenAPIHono<CwsEnv>, { services, grants }: Guards): void {
  const { encrypt, decrypt, endOfJob, wallet, transaction, refund } = operations(services, grants)
  app.openapi(encrypt, async c => c.json(await encryptData(contextFor(c), c.req.valid('json')), 200))
  app.openapi(decrypt, async c => c.json(await decryptData(contextFor(c), c.req.valid('json')), 200))
  app.openapi(endOfJob, async c => c.json(await endJob(contextFor(c), c.req.valid('json')), 200))
  app.openapi(wallet, async c => c.json(await createWallet(contextFor(c), c.req.valid('json')), 200))
  app.openapi(transaction, async c => c.json(await signTransaction(contextFor(c), c.req.valid('json')), 200))
  app.openapi(refund, async c => c.json(await signRefund(contextFor(c), c.req.valid('json')), 200))
}

function operations(services: MiddlewareHandler<CwsEnv>[], grants: MiddlewareHandler<CwsEnv>[]) {
  return {
    encrypt: operation('encrypt-data', services, encryptDataRequest, encryptDataResponse, {
      summary: 'Wrap key material',
      description: 'The wrapped key is bound to its context: only a grant for that context can open it.',
      errors: [],
    }),
    decrypt: operation('decrypt-data', grants, decryptDataRequest, decryptDataResponse, {
      summary: 'Open a wrapped key',
      description: 'For holders of a grant (cws_token), which lists the contexts that it covers.',
      errors: ['key_context_mismatch', 'key_blob_invalid', 'job_ended', 'openings_exhausted'],
    }),
    endOfJob: operation('end-job', services, endJobRequest, endJobResponse, {
      summary: 'End the grants of a job',
      description: 'Grants for the job open no key from now on. Safe to repeat.',
      errors: [],
    }),
    wallet: operation('create-wallet', services, createWalletRequest, createWalletResponse, {
      summary: 'Create an account on the ledger',
      description: 'The same user and purpose always get the same account.',
      errors: ['ledger_unavailable', 'operator_account_empty', 'transaction_refused'],
    }),
    transaction: operation('sign-transaction', services, signTransactionRequest, signTransactionResponse, {
      summary: 'Sign a payment or a message',
      description: 'A payment goes from the named account to a payee on the list, below the daily cap.',
      errors: ['not_found', 'transaction_refused', 'payee_not_allowed', 'daily_cap_exceeded', 'ledger_unavailable'],
    }),
    refund: operation('sign-refund', services, signRefundRequest, signTransactionResponse, {
      summary: 'Sign a refund',
      description: 'For the operator’s service account only: pays back one payment that was signed here, once.',
      errors: ['not_found', 'transaction_refused', 'daily_cap_exceeded', 'ledger_unavailable'],
    }),
  }
}

function contextFor(c: Context<CwsEnv>): CwsContext {
  return c.get('ctx')
}

/** Errors that every operation can return. */
const everyError: ErrorCode[] = [
  'bad_request',
  'invalid_input',
  'unauthenticated',
  'forbidden',
  'payload_too_large',
  'unsupported_media_type',
  'unavailable',
  'internal',
]

function operation<Name extends string, Input extends z.ZodType, Output extends z.ZodType>(
  name: Name,
  guards: MiddlewareHandler<CwsEnv>[],
  input: Input,
  output: Output,
  { errors, ...words }: { summary: string; description: string; errors: ErrorCode[] },
) {
  return createRoute({
    method: 'post',
    path: `/ops/${name}`,
    ...words,
    middleware: guards,
    security: [{ bearer: [] }],
    request: { body: { required: true, content: { 'application/json': { schema: input } } } },
    responses: {
      200: { description: 'Done', content: { 'application/json': { schema: output } } },
      ...problemResponses([...everyError, ...errors]),
    },
  })
}
