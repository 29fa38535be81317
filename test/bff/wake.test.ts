/** What wakes long polls, when its connection to the database is lost. */
import { mkdtempSync, rmSync } from 'node:fs'
import { chmodSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startWake, wakePrinter } from '../../bff/wake.ts'
import { launchPostgres } from '../../local/postgres/launch.ts'
import { connectDatabase } from '../../schema/db/connect.ts'

const test = suite('waking long polls')

test('after the database was restarted, notifications wake polls again', async () => {
  const home = mkdtempSync(join(tmpdir(), 'lmnt-wake-'))
  chmodSync(home, 0o711)
  const launch = () => launchPostgres({ dataDir: join(home, 'pg'), isDurable: false })
  let postgres = await launch()
  const database = connectDatabase({ host: postgres.socketDir, database: 'postgres', user: 'postgres', applicationName: 'x' })
  const wake = await startWake(database.sql)
  try {
    const first = wake.wait('printer_1', 5000)
    await wakePrinter(database.db, 'printer_1')
    assert.is(await first, true)
    await postgres.stop()
    await new Promise(r => setTimeout(r, 4000))
    postgres = await launch()
    const began = Date.now()
    for (let n = 0; n < 60; n++) {
      const w = wake.wait('printer_1', 1000)
      await wakePrinter(database.db, 'printer_1').catch(e => console.log('notify', e.message))
      if (await w) break
    }
    console.log('woken after', Date.now() - began)
  } finally {
    await wake.close().catch(() => {})
    await database.close()
    await postgres.stop()
    rmSync(home, { recursive: true, force: true })
  }
})

test.run()
