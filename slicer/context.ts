import type { Log } from '../runtime/log.ts'
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

/** All that the slicer's verbs may use, made once in main.ts. */
export interface Context {
  log: Log
  clock: () => Date
  random: RandomBytes
  storage: ObjectStore
  marketplace: Marketplace
  openKey: OpenKey
  openModel: ModelOpener
  publish: (result: SlicingResult) => Promise<void>
  /** The first slices where the buyer named none. */
  engines: readonly [Engine, ...Engine[]]
  /** Where an engine's G-code is kept, sealed, until the slice is done. */
  spool: SpoolOptions
  /** How much is done at a time: models are large, and an engine takes a core. */
  slices: Limit
  inspections: Limit
  /** Ends what is under way when the process has to stop. */
  stopping: AbortSignal
}
