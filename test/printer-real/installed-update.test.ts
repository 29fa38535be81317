import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { version } from '../../edge/version.ts'
import { startRealPrinter } from '../../local/printer/start.ts'
import { startFakeMarketplace, user } from '../make/edge/fake-marketplace.ts'
import { connectPrinterClient } from '../make/edge/printer-client.ts'
import { eventually } from '../make/eventually.ts'
import { archiveOfVersion, testArchive } from '../make/installer/archive.ts'
import { configText, makeRealHost } from '../make/installer/real-host.ts'
import { environment, reported, shortMoves } from '../make/printer-real/set-up.ts'

const tests = suite('install.sh --update on a host with real Moonraker and Klippy')
const test = environment ? tests : tests.skip

interface Status {
  version: string
  registered: boolean
  printer_id: string
}

test('an older bundle that prints is replaced when the print has ended, and the printer stays registered', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'lmnt-older-'))
  chmodSync(dir, 0o755)
  const newer = await testArchive()
  const host = await makeRealHost(environment!, archiveOfVersion(newer, join(dir, 'older'), '0.9.0'))
  const market = await startFakeMarketplace()
  const printer = await startRealPrinter({
    environment: host.environment,
    dataDir: host.dataDir,
    streamSocket: '',
    isOursInstalled: false,
  })
  let client = await connectPrinterClient(printer.websocketUrl)
  let service: ReturnType<typeof host.startService> | null = null
  const status = () => client.call('machine.lmnt_marketplace.status') as Promise<Status>
  const release = () => JSON.parse(readFileSync(join(host.home, 'lmnt-edge/release_info.json'), 'utf8')).version
  const start = async () => {
    service = host.startService()
    return eventually('the service answers', () => status().catch(() => null), 60_000)
  }
  try {
    host.install('--marketplace', market.url)
    const edgeCfg = configText(host, 'lmnt-edge.cfg')
      .replace('#auto_start: false', 'auto_start: true')
      .replace('#poll_seconds: 25', 'poll_seconds: 1')
    writeFileSync(join(host.dataDir, 'config/lmnt-edge.cfg'), edgeCfg)
    await eventually('Klipper restarts', async () => {
      const answer = await fetch(`${printer.url}/printer/restart`, { method: 'POST' }).catch(() => null)
      return answer?.status === 200
    })
    client.close()
    await printer.restartMoonraker()
    client = await connectPrinterClient(printer.websocketUrl)
    assert.is((await start()).version, '0.9.0')
    const { token } = (await client.call('machine.lmnt_marketplace.login_user', {
      email: user.email,
      password: user.password,
    })) as { token: string }
    await client.call('machine.lmnt_marketplace.register_printer', { name: 'Voron', token })
    const before = await status()

    // As for a change of the filament: the print waits for its owner.
    await market.add(shortMoves(200, ['PAUSE']))
    await eventually('the print pauses', async () => (await client.printStats()).state === 'paused', 60_000)
    const update = host.startInstall(newer, '--update')
    await eventually('it waits', () => /is paused\. Waiting for the end of the print/.test(update.output()), 60_000)
    assert.is(release(), 'v0.9.0')
    await client.call('printer.print.resume')
    assert.is((await reported({ market })).status, 'success')
    await update.ended
    assert.is(release(), `v${version}`)

    // What install.sh cannot do without systemd.
    await host.stopService(service!)
    const after = await start()
    assert.equal([after.version, after.registered, after.printer_id], [version, true, before.printer_id])
    assert.match(configText(host, 'lmnt-edge.cfg'), /^auto_start: true$/m)
    await market.add(shortMoves(200))
    assert.is((await reported({ market }, market.jobs[1])).status, 'success')
  } finally {
    if (service) await host.stopService(service)
    client.close()
    await printer.close()
    await market.close()
    host.remove()
    rmSync(dir, { recursive: true, force: true })
  }
})

tests.run()
