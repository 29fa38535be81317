import type { Log } from '../../runtime/log.ts'
import type { RandomBytes } from '../../schema/http/ids.ts'
import type { Edge } from '../app.ts'
import type { Admission } from './admission.ts'
import type { WebConfig } from './config.ts'
import type { Hub } from './events/hub.ts'
import type { Watch } from './events/watch.ts'
import type { WebSessions } from './sessions.ts'
import type { Throttle } from './throttle.ts'

/** What the routes of the page need; made once in app.ts. */
export interface WebParts {
  config: Pick<WebConfig, 'needsLogin' | 'https'>
  /** The printers of this host, in the order of lmnt-edge.cfg; at least one. */
  edges: readonly [Edge, ...Edge[]]
  marketplaceUrl: string
  admission: Admission
  sessions: WebSessions
  throttle: Throttle
  hubOf: (edge: Edge) => Hub
  watch: Watch
  /** Random, and new at each start of the edge. */
  csrfKey: Buffer
  /** The certificate of our CA as PEM; null without HTTPS. */
  authority: () => string | null
  randomBytes: RandomBytes
  /** Monotonic milliseconds. */
  now: () => number
  /** Milliseconds since 1970. */
  clock: () => number
  log: Log
}
