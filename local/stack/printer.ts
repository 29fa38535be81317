import { join } from 'node:path'
import type { Program } from '../build.ts'
import type { PrinterEnvironment } from '../printer/environment.ts'
import type { RealPrinterConfig } from '../printer/main.ts'
import type { VirtualPrinterConfig } from '../virtual-printer/start.ts'
import { instance, streamSocket } from './environments.ts'
import type { Folders } from './folders.ts'
import type { Ports } from './ports.ts'

export interface PrinterKind {
  /** Real Klippy and Moonraker, instead of the virtual printer. */
  realPrinter?: PrinterEnvironment | undefined
  /** The speed of the virtual printer. */
  linesPerSecond?: number
}

/** Slow enough that the sample's print takes some seconds and can be watched. */
const watchable = 20_000

/** A printer's data folders. Both kinds use the same, like a host whose software was replaced. */
export const printerDir = (folders: Folders, index = 0) => join(folders.data, instance('printer', index))

/** The program and the environment of one of the stack's printers. */
export function printerProcess(
  { folders, ports }: { folders: Folders; ports: Ports },
  index: number,
  { realPrinter, linesPerSecond = watchable }: PrinterKind,
): { program: Program; env: Record<string, string> } {
  const name = instance('printer', index)
  const place = {
    dataDir: printerDir(folders, index),
    port: ports[name]!,
    streamSocket: streamSocket(folders, index),
  }
  if (realPrinter) {
    const config: RealPrinterConfig = {
      ...place,
      python: realPrinter.folder,
      socketsDir: join(folders.sockets, name),
    }
    return { program: 'local-real-printer', env: { LMNT_REAL_PRINTER_CONFIG: JSON.stringify(config) } }
  }
  const config: VirtualPrinterConfig = { ...place, linesPerSecond }
  return { program: 'local-virtual-printer', env: { LMNT_VIRTUAL_PRINTER_CONFIG: JSON.stringify(config) } }
}
