import { createRoute, type RouteConfig } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import { problemResponses } from '../../runtime/describe.ts'
import { limitJson } from '../../runtime/http.ts'
import { limitBody } from '../../runtime/limit-body.ts'
import type { ErrorCode } from '../../schema/http/errors.ts'
import { jsonLimits } from '../../schema/http/json.ts'
import { admit, type Caller } from '../admit.ts'
import type { AppEnv } from '../env.ts'
import { idempotent } from '../idempotency.ts'
import { isForm } from '../multipart.ts'
import { bearerAuth } from './describe.ts'

interface Operation extends Omit<RouteConfig, 'middleware' | 'security'> {
  /** A short sentence, such as "Cancel a print job". */
  summary: string
  /** Checked before the body is read. */
  caller: Caller
  /** The error codes of the verb. Those that every such operation can answer are added. */
  errors?: readonly ErrorCode[]
  /** Limits of the JSON body and its number of values; default: 16 KiB and 1,000. */
  maxBodyBytes?: number
  maxBodyValues?: number
  /** Can be repeated safely with an Idempotency-Key: see idempotency.ts. */
  repeatable?: Parameters<typeof idempotent>[0]
}

const bodyMaxBytes = 16 * 1024

/** Defines an operation, with the middleware that every operation needs. Their order matters: the caller is checked first. */
export function operation<P extends string, R extends Operation & { path: P }>(spec: R) {
  const {
    caller,
    errors,
    maxBodyBytes = bodyMaxBytes,
    maxBodyValues = jsonLimits.maxValues,
    repeatable,
    ...route
  } = spec
  const middleware: MiddlewareHandler<AppEnv>[] = [
    admit(caller),
    ...(takesJson(spec)
      ? [unlessForm(spec, limitBody(maxBodyBytes)), limitJson({ ...jsonLimits, maxValues: maxBodyValues })]
      : []),
    ...(repeatable ? [idempotent({ ...repeatable, isFormOrJson: takesJson(spec) && takesForm(spec) })] : []),
  ]
  return createRoute<P, R>({
    ...(route as unknown as R),
    middleware,
    ...(caller === 'anyone' ? {} : { security: bearerAuth }),
    responses: { ...spec.responses, ...problemResponses([...errorsOfKind(spec), ...(errors ?? [])]) },
  })
}

/** A form is limited where it is read, as a stream. */
function unlessForm(spec: Operation, middleware: MiddlewareHandler<AppEnv>): MiddlewareHandler<AppEnv> {
  if (!takesForm(spec)) return middleware
  return (c, next) => (isForm(c.req.header('content-type')) ? next() : middleware(c, next))
}

function takesForm({ request }: Operation): boolean {
  return request?.body?.content['multipart/form-data'] !== undefined
}

function takesJson({ request }: Operation): boolean {
  return request?.body?.content['application/json'] !== undefined
}

/** The error codes that an operation like this can answer before its verb runs. */
function errorsOfKind(spec: Operation & { path: string }): ErrorCode[] {
  const { caller, repeatable, request } = spec
  const isLogIn = spec.path.startsWith('/api/auth/') && caller === 'anyone'
  return [
    ...(request ? (['invalid_input'] as const) : []),
    ...(takesJson(spec) ? (['bad_request', 'payload_too_large', 'unsupported_media_type'] as const) : []),
    ...(isLogIn ? [] : (['unauthenticated', 'token_expired'] as const)),
    ...(caller === 'anyone' ? [] : (['forbidden'] as const)),
    ...(caller.includes('printer') ? (['printer_revoked'] as const) : []),
    ...(repeatable ? (['request_in_progress', 'idempotency_key_reused'] as const) : []),
    'internal',
  ]
}
