import type { HttpBindings } from '@hono/node-server'
import type { Env } from 'hono'
import type { Log } from '../../runtime/log.ts'
import type { Edge } from '../app.ts'
import type { WebCaller } from './caller.ts'

export interface WebEnv extends Env {
  Bindings: HttpBindings
  Variables: {
    requestId: string
    log: Log
    /** Of the style elements of this answer. */
    nonce: string
    caller: WebCaller
    /** The printer that the request is about. */
    edge: Edge
    /** The value of the session cookie, of somebody logged in or not. */
    sessionId: string | undefined
  }
}
