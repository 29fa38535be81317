import type { ShellEnv } from '../service/http.ts'
import type { Context } from './context.ts'

/** What a route handler finds in its Hono context: `c.get('ctx')` is the verbs' context with the request's actor in it. */
export interface AppEnv extends ShellEnv {
  Variables: ShellEnv['Variables'] & {
    ctx: Context
    /** The request's name, where it came with an Idempotency-Key: see idempotency.ts. */
    operation?: string
  }
}
