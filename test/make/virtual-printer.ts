/** A virtual printer in this process, with a client of its Moonraker. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  startVirtualPrinter,
  type VirtualPrinter,
  type VirtualPrinterConfig,
} from '../../local/virtual-printer/start.ts'
import { connectPrinterClient, type PrinterClient } from './edge/printer-client.ts'
import { eventually } from './eventually.ts'

export interface VirtualPrinterFixture {
  dir: string
  socketPath: string
  printer: VirtualPrinter
  client: PrinterClient
}

export async function withVirtualPrinter(
  config: Partial<VirtualPrinterConfig>,
  body: (fixture: VirtualPrinterFixture) => Promise<void>,
): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'lmnt-printer-'))
  const socketPath = join(dir, 'stream.sock')
  const printer = await startVirtualPrinter({
    dataDir: dir,
    streamSocket: socketPath,
    statusIntervalMs: 20,
    restartMs: 100,
    ...config,
  })
  const client = await connectPrinterClient(printer.websocketUrl)
  try {
    await body({ dir, socketPath, printer, client })
  } finally {
    client.close()
    await printer.close()
    rmSync(dir, { recursive: true, force: true })
  }
}

export function put({ printer }: VirtualPrinterFixture, name: string, text: string): void {
  writeFileSync(join(printer.gcodesDir, name), text)
}

export async function state({ client }: VirtualPrinterFixture, wanted: string) {
  return eventually(`print_stats is ${wanted}`, async () => {
    const stats = await client.printStats()
    return stats.state === wanted && stats
  })
}
