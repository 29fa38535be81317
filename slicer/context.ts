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

/** Wraps a cached slice's DEK by the CWS, under its cache KEK. Errors: cws_unavailable. */
export type WrapForCache = (dek: Buffer, context: KeyContext) => Promise<string>

/** The dependencies of the slicer's operations, made once in main.ts. */
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
  /** Limits on concurrent work: models are large, and an engine takes a core. */
  slices: Limit
  inspections: Limit
  /** For reading and dry runs of profiles. */
  profiles: Limit
  /** Aborts running work when the process stops. */
  stopping: AbortSignal
}
