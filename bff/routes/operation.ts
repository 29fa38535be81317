import { createRoute, type RouteConfig } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import { limitBody, limitJson } from '../../runtime/http.ts'
import { jsonLimits } from '../../schema/http/json.ts'
import { admit, type Caller } from '../admit.ts'
import type { AppEnv } from '../env.ts'
import { idempotent } from '../idempotency.ts'
import { bearerAuth, problems } from './describe.ts'

interface Operation extends Omit<RouteConfig, 'middleware' | 'security'> {
  /** Known before anything of the body is read. */
  caller: Caller
  /** How large a JSON body may be, and how many values it may hold: 16 KiB and 1,000 where the operation needs no more. */
  maxBodyBytes?: number
  maxBodyValues?: number
  /** Safe to repeat with an Idempotency-Key: see idempotency.ts. */
  repeatable?: Parameters<typeof idempotent>[0]
}

const bodyMaxBytes = 16 * 1024

/** One operation of the API. What every operation needs is added here, so that none can be without: its order is its safety. */
export function operation<P extends string, R extends Operation & { path: P }>(spec: R) {
  const { caller, maxBodyBytes = bodyMaxBytes, maxBodyValues = jsonLimits.maxValues, repeatable, ...route } = spec
  const takesJson = spec.request?.body?.content['application/json'] !== undefined
  const middleware: MiddlewareHandler<AppEnv>[] = [
    admit(caller),
    ...(takesJson ? [limitBody(maxBodyBytes), limitJson({ ...jsonLimits, maxValues: maxBodyValues })] : []),
    ...(repeatable ? [idempotent(repeatable)] : []),
  ]
  return createRoute<P, R>({
    ...(route as unknown as R),
    middleware,
    ...(caller === 'anyone' ? {} : { security: bearerAuth }),
    responses: { ...spec.responses, ...problems },
  })
}
