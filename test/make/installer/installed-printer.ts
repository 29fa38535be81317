import type { ChildProcess } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import type { PrinterEnvironment } from '../../../local/printer/environment.ts'
import { startRealPrinter } from '../../../local/printer/start.ts'
import { startFakeMarketplace, user } from '../edge/fake-marketplace.ts'
import { connectPrinterClient } from '../edge/printer-client.ts'
import { eventually } from '../eventually.ts'
import { configText, makeRealHost, type RealHostOptions } from './real-host.ts'

/** A host for install.sh, on which real Moonraker and Klippy run, and a marketplace. */
export async function makeInstalledPrinter(environment: PrinterEnvironment, options: RealHostOptions = {}) {
  const host = await makeRealHost(environment, options)
  const market = await startFakeMarketplace()
  const printer = await startRealPrinter({
    environment: host.environment,
    dataDir: host.dataDir,
    streamSocket: '',
    isOursInstalled: false,
    isKalico: options.klipperDir === undefined,
  })
  let client = await connectPrinterClient(printer.websocketUrl)
  let service: ChildProcess | null = null

  async function stopService(): Promise<void> {
    if (service) await host.stopService(service)
    service = null
  }

  return {
    host,
    market,
    printer,
    /** That of the Moonraker that runs now. */
    client: () => client,
    /** Installs, sets the service to print what arrives unasked, and restarts the printer. Returns the script's output. */
    async install(): Promise<string> {
      const said = host.install('--marketplace', market.url)
      const edgeCfg = configText(host, 'lmnt-edge.cfg')
      const eager = edgeCfg
        .replace('#auto_start: false', 'auto_start: true')
        .replace('#poll_seconds: 25', 'poll_seconds: 1')
      assert.is.not(eager, edgeCfg)
      writeFileSync(join(host.dataDir, 'config/lmnt-edge.cfg'), eager)
      await this.restart()
      return said
    },
    /** What install.sh cannot do without systemd. Moonraker may be restarting already: it was asked to. */
    async restart(): Promise<void> {
      await eventually('Klipper restarts', async () => {
        const answer = await fetch(`${printer.url}/printer/restart`, { method: 'POST' }).catch(() => null)
        return answer?.status === 200
      })
      client.close()
      await printer.restartMoonraker()
      client = await connectPrinterClient(printer.websocketUrl)
    },
    async startService(): Promise<void> {
      service = host.startService()
      const status = `${printer.url}/machine/lmnt_marketplace/status`
      await eventually('the service answers', async () => (await fetch(status)).status === 200, 60_000)
    },
    stopService,
    async register(): Promise<void> {
      const { email, password } = user
      const session = await client.call('machine.lmnt_marketplace.login_user', { email, password })
      const { token } = session as { token: string }
      await client.call('machine.lmnt_marketplace.register_printer', { name: 'Voron', token })
    },
    async close(): Promise<void> {
      await stopService()
      client.close()
      await printer.close()
      await market.close()
      host.remove()
    },
  }
}
