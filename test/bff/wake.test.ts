/** How long polls are woken when LISTEN is lost. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startWake, type Wake, wakePrinter } from '../../bff/wake.ts'
import { launchPostgres } from '../../local/postgres/launch.ts'
import { connectDatabase, type Database } from '../../schema/db/connect.ts'
import { eventually } from '../make/eventually.ts'

interface World {
  postgres: Awaited<ReturnType<typeof launchPostgres>>
  launch: () => ReturnType<typeof launchPostgres>
  database: Database
  home: string
}

const test = suite<World>('waking long polls')
const often = { checkEveryMs: 50, checkTimeoutMs: 200 }
const printerId = 'printer_1'

test.before(async world => {
  world.home = mkdtempSync(join(tmpdir(), 'lmnt-wake-'))
  chmodSync(world.home, 0o711) // root runs the server as nobody
  world.launch = () => launchPostgres({ dataDir: join(world.home, 'pg'), isDurable: false })
  world.postgres = await world.launch()
  const at = { host: world.postgres.socketDir, database: 'postgres', user: 'postgres' }
  world.database = connectDatabase({ ...at, applicationName: 'wake' })
})
test.after(async ({ database, postgres, home }) => {
  await database.close()
  await postgres.stop()
  rmSync(home, { recursive: true, force: true })
})

async function isWoken(wake: Wake, { database }: World): Promise<boolean> {
  const woken = wake.wait(printerId, 500)
  await wakePrinter(database.db, printerId).catch(() => {})
  return woken
}

/** A connection whose LISTEN was refused after it was lost: postgres.js does not report that. */
const deaf = { listen: async () => {}, end: async () => {} }

test('a connection that receives nothing is replaced', async world => {
  let opened = 0
  const openListener = () => (opened++ === 0 ? deaf : world.database.openListener())
  const wake = await startWake({ ...world.database, openListener }, often)
  try {
    await eventually('a new connection', () => opened > 1)
    await eventually('a notification arrives', () => isWoken(wake, world))
    await new Promise(resolve => setTimeout(resolve, 1000))
    assert.is(opened, 2, 'a connection that receives is kept')
  } finally {
    await wake.close()
  }
})

test('while LISTEN is refused, polls that wait read the database at each check', async world => {
  let opened = 0
  const refused = { ...deaf, listen: () => Promise.reject(new Error('cannot execute LISTEN during recovery')) }
  const wake = await startWake({ ...world.database, openListener: () => (opened++ === 0 ? deaf : refused) }, often)
  try {
    for (let time = 0; time < 3; time++) assert.is(await wake.wait(printerId, 10_000), true)
    assert.ok(opened > 1)
  } finally {
    await wake.close()
  }
  assert.is(await wake.wait(printerId, 10_000), false)
})

test('after a restart of the database, notifications wake polls again, and those that waited read it', async world => {
  const wake = await startWake(world.database)
  try {
    assert.ok(await isWoken(wake, world))
    const waiting = wake.wait(printerId, 30_000)
    await world.postgres.stop()
    world.postgres = await world.launch()
    assert.is(await waiting, true)
    await eventually('a notification arrives', () => isWoken(wake, world), 30_000)
  } finally {
    await wake.close()
  }
})

test.run()
