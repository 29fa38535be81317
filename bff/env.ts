import type { ShellEnv } from '../runtime/http.ts'
import type { Context } from './context.ts'
import type { Operation } from './services/idempotency/index.ts'

/** What a route handler finds in its Hono context: `c.get('ctx')` is the verbs' context with the request's actor in it. */
export interface AppEnv extends ShellEnv {
  Variables: ShellEnv['Variables'] & {
    ctx: Context
    /** Where the request came with an Idempotency-Key: see idempotency.ts. */
    operation?: Operation
  }
}
