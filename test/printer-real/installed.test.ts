import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeInstalledPrinter } from '../make/installer/installed-printer.ts'
import { configText } from '../make/installer/real-host.ts'
import { environment, reported, shortMoves } from '../make/printer-real/set-up.ts'

const tests = suite('install.sh on a host with real Moonraker and Klippy')
const test = environment ? tests : tests.skip

interface ServerInfo {
  components: string[]
  failed_components: string[]
  warnings: string[]
  klippy_state: string
}

test('the installed bundle prints, and its removal leaves the printer as it was', () => installPrintRemove())

// Klipper itself is in no package index: KLIPPER_DIR=FOLDER npm test -- printer-real/installed
if (process.env.KLIPPER_DIR) {
  test('so it does with Klipper from its source', () => installPrintRemove(process.env.KLIPPER_DIR))
}

async function installPrintRemove(klipperDir?: string): Promise<void> {
  const installed = await makeInstalledPrinter(environment!, { klipperDir })
  const { host, market, client } = installed
  const info = () => client().call('server.info') as Promise<ServerInfo>
  const texts = () => ['printer.cfg', 'moonraker.conf'].map(name => configText(host, name))
  const before = texts()
  try {
    assert.match(await installed.install(), /Have these commands run as root/)
    const server = await info()
    assert.equal(server.failed_components, [])
    assert.ok(server.components.includes('lmnt_marketplace'))
    const { objects } = (await client().call('printer.objects.list')) as { objects: string[] }
    assert.ok(objects.includes('lmnt_stream'))

    // What install.sh asks a Moonraker with log-ins for: its socket gives the key to its own user.
    assert.match(host.askMoonraker('access.get_api_key'), /^"[0-9a-f]{32}"$/)
    const { webcams } = (await client().call('server.webcams.list')) as { webcams: { name: string }[] }
    assert.equal(webcams, [], 'without nginx there is nothing that a webcam could show')

    await installed.startService()
    await installed.register()
    await market.add(shortMoves(500))
    const report = await reported({ market })
    assert.is(report.status, 'success', JSON.stringify(report))

    const removed = host.install('--uninstall')
    assert.match(removed, 'Unregistering the printer')
    assert.not.match(removed, 'could not be told')
    await installed.stopService()
    assert.equal(texts(), before)
    await installed.restart()
    const plain = await info()
    assert.equal(plain.failed_components, [])
    assert.not.ok(plain.components.includes('lmnt_marketplace'))
    assert.is(plain.klippy_state, 'ready')
    assert.not.ok(existsSync(join(host.home, '.lmnt-edge')))
  } finally {
    await installed.close()
  }
}

tests.run()
