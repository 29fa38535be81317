import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { version } from '../../edge/version.ts'
import { eventually } from '../make/eventually.ts'
import { archiveOfVersion, testArchive } from '../make/installer/archive.ts'
import { makeInstalledPrinter } from '../make/installer/installed-printer.ts'
import { configText } from '../make/installer/real-host.ts'
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
  const installed = await makeInstalledPrinter(environment!, {
    archive: archiveOfVersion(newer, join(dir, 'older'), '0.9.0'),
  })
  const { host, market, client } = installed
  const status = () => client().call('machine.lmnt_marketplace.status') as Promise<Status>
  const release = () => JSON.parse(readFileSync(join(host.home, 'lmnt-edge/release_info.json'), 'utf8')).version
  try {
    await installed.install()
    await installed.startService()
    await installed.register()
    const before = await status()
    assert.is(before.version, '0.9.0')

    // As for a change of the filament: the print waits for its owner.
    await market.add(shortMoves(200, ['PAUSE']))
    await eventually('the print pauses', async () => (await client().printStats()).state === 'paused', 60_000)
    const update = host.startInstall(newer, '--update')
    await eventually('it waits', () => /is paused\. Waiting for the end of the print/.test(update.output()), 60_000)
    assert.is(release(), 'v0.9.0')
    await client().call('printer.print.resume')
    assert.is((await reported({ market })).status, 'success')
    await update.ended
    assert.is(release(), `v${version}`)

    // What install.sh cannot do without systemd.
    await installed.stopService()
    await installed.startService()
    const after = await status()
    assert.equal([after.version, after.registered, after.printer_id], [version, true, before.printer_id])
    assert.match(configText(host, 'lmnt-edge.cfg'), /^auto_start: true$/m)
    await market.add(shortMoves(200))
    assert.is((await reported({ market }, market.jobs[1])).status, 'success')
  } finally {
    await installed.close()
    rmSync(dir, { recursive: true, force: true })
  }
})

tests.run()
