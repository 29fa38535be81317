import { z } from 'zod'
import { readConfig } from '../../service/config.ts'
import { onShutdown, run } from '../../service/serve.ts'
import { startVirtualPrinter, virtualPrinterConfig } from './start.ts'

const environment = z.object({
  LMNT_VIRTUAL_PRINTER_CONFIG: z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown
      } catch {
        context.addIssue({ code: 'custom', message: 'must be JSON' })
        return z.NEVER
      }
    })
    .pipe(virtualPrinterConfig),
})

run(async () => {
  const config = readConfig(environment, process.env).LMNT_VIRTUAL_PRINTER_CONFIG
  const printer = await startVirtualPrinter(config)
  const { url, websocketUrl, gcodesDir } = printer
  console.log(`ready ${JSON.stringify({ url, websocketUrl, gcodesDir })}`)
  onShutdown(printer.close)
})
