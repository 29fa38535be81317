import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Faults } from '../faults.ts'
import type { Project } from '../project.ts'
import type { Access } from './access.ts'
import type { Sessions } from './session.ts'
import type { ObjectStore } from './store.ts'

export interface Storage {
  store: ObjectStore
  access: Access
  sessions: Sessions
  project: Project
  faults: Faults
}

/** One request: its sender and the named bucket and object. */
export interface Call {
  request: IncomingMessage
  response: ServerResponse
  query: URLSearchParams
  /** The service account of the access token. */
  email: string
  /** Empty where the path names none. */
  bucket: string
  object: string
  /** The target of a copy. */
  target?: { bucket: string; object: string }
}

export function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json; charset=UTF-8',
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}
