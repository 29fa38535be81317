import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startRealPrinter } from '../../local/printer/start.ts'
import { startFakeMarketplace, user } from '../make/edge/fake-marketplace.ts'
import { connectPrinterClient } from '../make/edge/printer-client.ts'
import { eventually } from '../make/eventually.ts'
import { configText, makeRealHost } from '../make/installer/real-host.ts'
import { environment, reported, shortMoves } from '../make/printer-real/set-up.ts'

const tests = suite('install.sh on a host with real Moonraker and Klippy')
const test = environment ? tests : tests.skip

interface ServerInfo {
  components: string[]
  failed_components: string[]
  warnings: string[]
  klippy_state: string
}

test('the installed bundle prints, and its removal leaves the printer as it was', async () => {
  const host = await makeRealHost(environment!)
  const market = await startFakeMarketplace()
  const printer = await startRealPrinter({
    environment: host.environment,
    dataDir: host.dataDir,
    streamSocket: '',
    isOursInstalled: false,
  })
  let client = await connectPrinterClient(printer.websocketUrl)
  // What install.sh cannot do without systemd. Moonraker may be restarting already: it was asked to.
  const restart = async () => {
    await eventually('Klipper restarts', async () => {
      const answer = await fetch(`${printer.url}/printer/restart`, { method: 'POST' }).catch(() => null)
      return answer?.status === 200
    })
    client.close()
    await printer.restartMoonraker()
    client = await connectPrinterClient(printer.websocketUrl)
  }
  const info = () => client.call('server.info') as Promise<ServerInfo>
  const before = ['printer.cfg', 'moonraker.conf'].map(name => configText(host, name))
  let service: ReturnType<typeof host.startService> | null = null
  try {
    const said = host.install('--marketplace', market.url)
    assert.match(said, /Have these commands run as root/)
    const edgeCfg = configText(host, 'lmnt-edge.cfg')
    const eager = edgeCfg
      .replace('#auto_start: false', 'auto_start: true')
      .replace('#poll_seconds: 25', 'poll_seconds: 1')
    assert.is.not(eager, edgeCfg)
    writeFileSync(join(host.dataDir, 'config/lmnt-edge.cfg'), eager)
    await restart()

    const installed = await info()
    assert.equal(installed.failed_components, [])
    assert.ok(installed.components.includes('lmnt_marketplace'))
    const { objects } = (await client.call('printer.objects.list')) as { objects: string[] }
    assert.ok(objects.includes('lmnt_stream'))

    // What install.sh asks a Moonraker with log-ins for: its socket gives the key to its own user.
    assert.match(host.askMoonraker('access.get_api_key'), /^"[0-9a-f]{32}"$/)
    const { webcams } = (await client.call('server.webcams.list')) as { webcams: { name: string }[] }
    assert.equal(webcams, [], 'without nginx there is nothing that a webcam could show')

    service = host.startService()
    const status = `${printer.url}/machine/lmnt_marketplace/status`
    await eventually('the service answers', async () => (await fetch(status)).status === 200, 60_000)
    const { token } = (await client.call('machine.lmnt_marketplace.login_user', {
      email: user.email,
      password: user.password,
    })) as { token: string }
    await client.call('machine.lmnt_marketplace.register_printer', { name: 'Voron', token })
    await market.add(shortMoves(500))
    assert.is((await reported({ market })).status, 'success')

    const removed = host.install('--uninstall')
    assert.match(removed, 'Unregistering the printer')
    assert.not.match(removed, 'could not be told')
    await host.stopService(service)
    assert.equal(
      ['printer.cfg', 'moonraker.conf'].map(name => configText(host, name)),
      before,
    )
    await restart()
    const plain = await info()
    assert.equal(plain.failed_components, [])
    assert.not.ok(plain.components.includes('lmnt_marketplace'))
    assert.is(plain.klippy_state, 'ready')
    assert.not.ok(existsSync(join(host.home, '.lmnt-edge')))
  } finally {
    if (service) await host.stopService(service)
    client.close()
    await printer.close()
    await market.close()
    host.remove()
  }
})

tests.run()
