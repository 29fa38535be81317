import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { defaultTiming } from '../../../edge/config.ts'
import { openSettings } from '../../../edge/settings.ts'
import { openStore } from '../../../edge/store.ts'
import { ConfigError } from '../../../runtime/config.ts'
import { makeGcode } from '../../make/edge/gcode.ts'
import { makeEdgeFixture, reported } from '../../make/edge/set-up.ts'

const test = suite('a damaged file of the edge')

const secret = 'printer.secret-token'

/** What opening it says, in a folder of its own. */
async function refusal(name: string, text: string, open: (dataDir: string) => Promise<unknown>): Promise<Error> {
  const dataDir = mkdtempSync(join(tmpdir(), 'lmnt-damaged-'))
  const path = join(dataDir, name)
  try {
    writeFileSync(path, text)
    const error = await open(dataDir).then(
      () => null,
      (thrown: unknown) => thrown,
    )
    assert.instance(error, ConfigError)
    assert.match((error as Error).message, `${path} is damaged`)
    assert.is(readFileSync(path, 'utf8'), text, 'it is left as it is')
    return error as Error
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}

test('a damaged identity stops the edge with the name of the file, and without its token', async () => {
  const store = (dataDir: string) => openStore(dataDir, 'http://127.0.0.1')
  for (const text of [`"${secret}" cut`, JSON.stringify({ printer_token: secret }), '', '\0\0\0']) {
    const error = await refusal('printer.json', text, store)
    assert.not.match(`${error.stack} ${error.cause}`, secret)
  }
})

test('damaged settings stop the edge: without auto_start a print might begin that nobody wants', () =>
  refusal('settings.json', '{"auto_start":', dataDir =>
    openSettings(dataDir, { autoStart: true, timing: defaultTiming }),
  ).then(() => {}))

for (const folder of ['jobs', 'outbox']) {
  test(`a damaged file in ${folder} is put aside: its job fails and is not printed again, and the next one is printed`, async () => {
    const fixture = await makeEdgeFixture({ printer: { linesPerSecond: 40_000 } })
    try {
      await fixture.stopEdge()
      const job = await fixture.market.add(makeGcode(500))
      const id = job.claim.print_job_id
      const path = join(fixture.config.dataDir, folder, `${id}.json`)
      writeFileSync(path, '{"claim":')
      await fixture.startEdge()
      const { status, stats } = await reported(fixture, job)
      assert.equal([status, stats?.reason], ['failure', 'record_damaged'])
      const next = await fixture.market.add(makeGcode(500))
      assert.is((await reported(fixture, next)).status, 'success')
      const { jobs } = (await fixture.client.call('server.history.list', {})) as { jobs: unknown[] }
      assert.is(jobs.length, 1, 'one print')
      assert.is(readFileSync(`${path}.damaged`, 'utf8'), '{"claim":')
      assert.not.ok(existsSync(path))
      await fixture.restartEdge()
      assert.is(readdirSync(join(fixture.config.dataDir, folder)).filter(name => name.endsWith('.damaged')).length, 1)
    } finally {
      await fixture.close()
    }
  })
}

test('a damaged count of dropped reports begins again at zero', async () => {
  const fixture = await makeEdgeFixture()
  try {
    await fixture.stopEdge()
    writeFileSync(join(fixture.config.dataDir, 'dropped-reports.json'), 'null')
    await fixture.startEdge()
    const { dropped_reports } = (await fixture.client.agent('status')) as { dropped_reports: { count: number } }
    assert.is(dropped_reports.count, 0)
  } finally {
    await fixture.close()
  }
})

test.run()
