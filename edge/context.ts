import type { Log } from '../runtime/log.ts'
import type { RandomBytes } from '../schema/http/ids.ts'
import type { Jitter } from './backoff.ts'
import type { EdgeConfig } from './config.ts'
import type { EarlierPrinters } from './earlier-printers.ts'
import type { Marketplace } from './marketplace/client.ts'
import type { PreparedList } from './marketplace/prepared-list.ts'
import type { Moonraker } from './moonraker/connection.ts'
import type { JobRecords } from './print/job/record.ts'
import type { Outbox } from './print/reports/outbox.ts'
import type { Orders } from './print/stream/orders.ts'
import type { Stubs } from './print/stubs/index.ts'
import type { SecurityLog } from './security-log.ts'
import type { Settings } from './settings.ts'
import type { Store } from './store.ts'

/** The context of every part of the edge; made once in app.ts. */
export interface EdgeContext {
  config: EdgeConfig
  /** Milliseconds since 1970. */
  clock: () => number
  jitter: Jitter
  randomBytes: RandomBytes
  /** Identifies this boot of the host: see boot-nonce.ts. */
  bootNonce: string
  log: Log
  store: Store
  earlierPrinters: EarlierPrinters
  marketplace: Marketplace
  prepared: PreparedList
  moonraker: Moonraker
  records: JobRecords
  orders: Orders
  outbox: Outbox
  stubs: Stubs
  /** Options that can change while the edge runs, such as auto_start: read them here, not in `config`. */
  settings: Settings
  securityLog: SecurityLog
  /** Aborted when the edge ends. */
  signal: AbortSignal
}
