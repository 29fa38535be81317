import type { ShellEnv } from '../runtime/problem.ts'
import type { Context } from './context.ts'
import type { Operation } from './services/idempotency/index.ts'

/** The variables of a route handler's Hono context. `c.get('ctx')` is the verbs' context with the request's actor. */
export interface AppEnv extends ShellEnv {
  Variables: ShellEnv['Variables'] & {
    ctx: Context
    /** Set for a request with an Idempotency-Key: see idempotency.ts. */
    operation?: Operation
  }
}
