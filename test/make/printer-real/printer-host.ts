import type { RealPrinter } from '../../../local/printer/start.ts'
import type { PrinterClient } from '../edge/printer-client.ts'
import type { Relay } from './relay.ts'

/** Real Klippy and Moonraker, for all tests of a file: they take seconds to start. */
export interface PrinterHost {
  printer: RealPrinter
  client: PrinterClient
  dir: string
  /** The edge's socket; Klipper's extra comes to it through the relay. */
  streamSocket: string
  relay: Relay
  close: () => Promise<void>
}
