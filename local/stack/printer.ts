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
  /** Of the virtual printer. */
  linesPerSecond?: number
}

/** The sample takes some seconds, so that one can watch it. */
const watchable = 20_000

/** A printer's data folders: the same for both kinds, as on a host whose software was changed. */
export const printerDir = (folders: Folders, index = 0) => join(folders.data, instance('printer', index))

/** The process that is one of the stack's printers, and its environment. */
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
