import { z } from 'zod'
import { json, readConfig } from '../../runtime/config.ts'
import { onShutdown, run } from '../../runtime/process.ts'
import { startVirtualPrinter, virtualPrinterConfig } from './start.ts'

const environment = z.object({ LMNT_VIRTUAL_PRINTER_CONFIG: json.pipe(virtualPrinterConfig) })

run('virtual-printer', async () => {
  const config = readConfig(environment, process.env).LMNT_VIRTUAL_PRINTER_CONFIG
  const printer = await startVirtualPrinter(config)
  const { url, websocketUrl, gcodesDir } = printer
  console.log(`ready ${JSON.stringify({ url, websocketUrl, gcodesDir })}`)
  onShutdown(printer.close)
})
