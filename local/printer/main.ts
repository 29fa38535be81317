import { z } from 'zod'
import { json, readConfig } from '../../runtime/config.ts'
import { onShutdown, run } from '../../runtime/process.ts'
import { commandsOf } from './environment.ts'
import { startRealPrinter } from './start.ts'

const options = z.object({
  /** The folder of the Python environment. */
  python: z.string().min(1),
  dataDir: z.string().min(1),
  socketsDir: z.string().min(1),
  streamSocket: z.string().min(1),
  port: z.int().min(1).max(65535),
})
export type RealPrinterConfig = z.input<typeof options>

const environment = z.object({ LMNT_REAL_PRINTER_CONFIG: json.pipe(options) })

/** The real printer as a process of its own, which ends with its launcher and takes Klippy and Moonraker with it. */
run('printer', async () => {
  const { python, ...config } = readConfig(environment, process.env).LMNT_REAL_PRINTER_CONFIG
  const starting = startRealPrinter({ ...config, environment: commandsOf(python) })
  let isStopping = false
  // From here on a signal during the start stops both as soon as possible.
  onShutdown(() => {
    isStopping = true
    return starting.then(printer => printer.close())
  })
  const printer = await starting
  const { url, websocketUrl, gcodesDir } = printer
  console.log(`ready ${JSON.stringify({ url, websocketUrl, gcodesDir })}`)
  const words = await printer.ended
  if (isStopping) return
  console.error(words)
  await printer.close()
  process.exit(1)
})
