import { createRoute, type RouteConfig } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import { problemResponses } from '../../runtime/describe.ts'
import { limitBody, limitJson } from '../../runtime/http.ts'
import type { ErrorCode } from '../../schema/http/errors.ts'
import { jsonLimits } from '../../schema/http/json.ts'
import { admit, type Caller } from '../admit.ts'
import type { AppEnv } from '../env.ts'
import { idempotent } from '../idempotency.ts'
import { bearerAuth } from './describe.ts'

interface Operation extends Omit<RouteConfig, 'middleware' | 'security'> {
  /** What it does, in plain words: "Cancel a print job". */
  summary: string
  /** Known before anything of the body is read. */
  caller: Caller
  /** The codes that its verb refuses with; those of every operation of its kind are added. */
  errors?: readonly ErrorCode[]
  /** How large a JSON body may be, and how many values it may hold: 16 KiB and 1,000 where the operation needs no more. */
  maxBodyBytes?: number
  maxBodyValues?: number
  /** Safe to repeat with an Idempotency-Key: see idempotency.ts. */
  repeatable?: Parameters<typeof idempotent>[0]
}

const bodyMaxBytes = 16 * 1024

/** One operation of the API. What every operation needs is added here, so that none can be without: its order is its safety. */
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
    ...(takesJson(spec) ? [limitBody(maxBodyBytes), limitJson({ ...jsonLimits, maxValues: maxBodyValues })] : []),
    ...(repeatable ? [idempotent(repeatable)] : []),
  ]
  return createRoute<P, R>({
    ...(route as unknown as R),
    middleware,
    ...(caller === 'anyone' ? {} : { security: bearerAuth }),
    responses: { ...spec.responses, ...problemResponses([...errorsOfKind(spec), ...(errors ?? [])]) },
  })
}

function takesJson({ request }: Operation): boolean {
  return request?.body?.content['application/json'] !== undefined
}

/** What any operation like this one can refuse with, before its verb is asked. */
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
