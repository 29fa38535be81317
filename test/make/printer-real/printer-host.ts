import type { StubEntry } from '../../../edge/print/stubs/index.ts'
import type { RealPrinter } from '../../../local/printer/start.ts'
import type { PrinterClient } from '../edge/printer-client.ts'
import type { Relay } from './relay.ts'

/** Real Klippy and Moonraker. All tests of a file share them, because they take seconds to start. */
export interface PrinterHost {
  printer: RealPrinter
  client: PrinterClient
  dir: string
  /** Of the jobs without a title. It stays in the file list from test to test: Moonraker parses each stub that is written. */
  usualStub: { purchaseId: string } & StubEntry
  /** The edge's socket; the Klipper extra connects through the relay. */
  streamSocket: string
  relay: Relay
  close: () => Promise<void>
}
