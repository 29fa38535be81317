import type { Log } from '../runtime/log.ts'
import type { KeyContext } from '../schema/http/cws.ts'
import type { RandomBytes } from '../schema/http/ids.ts'
import type { SlicingResult } from '../schema/messages/slicing.ts'
import type { Engine } from './engines/engine.ts'
import type { Limit } from './limit.ts'
import type { Marketplace } from './marketplace.ts'
import type { ModelOpener } from './model/open-model.ts'
import type { SpoolOptions } from './slice/spool.ts'
import type { ObjectStore } from './storage/object-store.ts'

/** Opens one wrapped key by a grant of the marketplace. The caller wipes it. */
export type OpenKey = (grant: string, blob: string, signal: AbortSignal) => Promise<Buffer>

/** Has the CWS wrap a cached slice's DEK under its cache KEK. Errors: cws_unavailable. */
export type WrapForCache = (dek: Buffer, context: KeyContext) => Promise<string>

/** All that the slicer's verbs may use, made once in main.ts. */
export interface Context {
  log: Log
  clock: () => Date
  random: RandomBytes
  storage: ObjectStore
  marketplace: Marketplace
  openKey: OpenKey
  openModel: ModelOpener
  wrapForCache: WrapForCache
  publish: (result: SlicingResult) => Promise<void>
  /** The first slices where the buyer named none. */
  engines: readonly [Engine, ...Engine[]]
  /** Names this build of the slicer: only slices of the same build are reused. */
  build: string
  /** Where an engine's G-code is kept, sealed, until the slice is done. */
  spool: SpoolOptions
  /** How much is done at a time: models are large, and an engine takes a core. */
  slices: Limit
  inspections: Limit
  /** Reading and trying of profiles. */
  profiles: Limit
  /** Ends what is under way when the process has to stop. */
  stopping: AbortSignal
}
