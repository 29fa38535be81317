import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { canary, makeGcode } from '../../make/edge/gcode.ts'
import { makeEdgeFixture, reported } from '../../make/edge/set-up.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite('printing through the edge')

test('a job is fetched, opened in memory and printed, and exactly the sealed lines run', async () => {
  const fixture = await makeEdgeFixture()
  try {
    const gcode = makeGcode(30_000)
    const job = await fixture.market.add(gcode, { title: 'Gear' })
    const report = await reported(fixture, job)
    assert.is(report.status, 'success')
    assert.is(report.stats?.lines, gcode.lines)
    assert.is(report.stats?.layers, gcode.layers)
    assert.ok((report.stats?.filament_used_mm ?? 0) > 300)
    const run = await fixture.client.lastRun()
    assert.equal(
      { ...run },
      {
        filename: 'LMNT/Gear.gcode',
        job: job.claim.purchase_id,
        state: 'complete',
        lines: gcode.lines,
        layers: gcode.layers,
        bytes: Buffer.byteLength(gcode.text),
        sha256: gcode.sha256,
      },
    )
    assert.ok(job.wasPrinting, 'the marketplace has heard that the print runs')
    assert.is(fixture.market.opens, 1)
    await eventually('the spool is removed', () => readdirSync(join(fixture.config.dataDir, 'spool')).length === 0)
  } finally {
    await fixture.close()
  }
})

test('no part of a job is on the disk in clear, and other users cannot read the files of the edge', async () => {
  const fixture = await makeEdgeFixture({ printer: { linesPerSecond: 20_000 } })
  try {
    const gcode = makeGcode(15_000)
    await fixture.market.add(gcode)
    await eventually('some lines ran', async () => ((await fixture.client.lastRun())?.lines ?? 0) > 2000)
    const files = readdirSync(fixture.dir, { recursive: true, encoding: 'utf8' }).map(name => join(fixture.dir, name))
    const secrets = [canary, gcode.text.split('\n')[500] ?? '']
    for (const file of files.filter(one => statSync(one).isFile())) {
      const bytes = readFileSync(file)
      for (const secret of secrets) assert.not.ok(bytes.includes(secret), `${file} holds a line of the job`)
    }
    const own = files.filter(one => one.startsWith(fixture.config.dataDir))
    assert.ok(own.some(one => one.endsWith('.lmnt')))
    for (const file of own) assert.is(statSync(file).mode & 0o077, 0, `${file} is open to others`)
    assert.is(statSync(fixture.config.streamSocket).mode & 0o777, 0o600)
    assert.is(statSync(join(fixture.config.streamSocket, '..')).mode & 0o777, 0o700)
    assert.is((await reported(fixture)).status, 'success')
  } finally {
    await fixture.close()
  }
})

test('without auto start the file waits in the list until someone prints it', async () => {
  const fixture = await makeEdgeFixture({ autoStart: false })
  try {
    const job = await fixture.market.add(makeGcode(500))
    const stub = await eventually('the job is ready', async () => {
      const { job: shown } = (await fixture.client.agent('status')) as { job: { state: string; file: string } | null }
      return shown?.state === 'ready' && shown.file
    })
    assert.is(fixture.market.opens, 0, 'no key is asked for before the print')
    assert.is((await fixture.client.printStats()).state, 'standby')
    await fixture.client.call('printer.print.start', { filename: stub })
    assert.is((await reported(fixture, job)).status, 'success')
  } finally {
    await fixture.close()
  }
})

test('start_job prints the job that waits', async () => {
  const fixture = await makeEdgeFixture({ autoStart: false })
  try {
    const job = await fixture.market.add(makeGcode(500))
    await eventually('the job is there', async () => (await fixture.client.agent('status')).job)
    const answer = await fixture.client.agent('start_job', { print_job_id: job.claim.print_job_id })
    assert.is(answer.status, 'starting')
    assert.is((await reported(fixture, job)).status, 'success')
  } finally {
    await fixture.close()
  }
})

test('the file prints again with a new job while a right remains, and says when none does', async () => {
  const fixture = await makeEdgeFixture({ autoStart: false })
  try {
    const gcode = makeGcode(500)
    const first = await fixture.market.add(gcode)
    await eventually('the job is there', async () => (await fixture.client.agent('status')).job)
    await fixture.client.agent('start_job')
    await reported(fixture, first)
    const { filename } = await fixture.client.printStats()

    fixture.market.rightsLeft = 1
    await fixture.client.call('printer.print.start', { filename })
    const second = await eventually('a second job', () => fixture.market.jobs[1])
    assert.is((await reported(fixture, second)).status, 'success')
    assert.is(second.claim.purchase_id, first.claim.purchase_id)
    assert.is((await fixture.client.lastRun())?.sha256, gcode.sha256)

    await fixture.client.call('printer.print.start', { filename })
    const stats = await eventually('the print ends in an error', async () => {
      const now = await fixture.client.printStats()
      return now.state === 'error' && now
    })
    assert.match(stats.message, 'All prints of this purchase are used up')
    assert.is(fixture.market.jobs.length, 2)
  } finally {
    await fixture.close()
  }
})

test('two jobs are printed one after the other', async () => {
  const fixture = await makeEdgeFixture()
  try {
    const [first, second] = [
      await fixture.market.add(makeGcode(300), { title: 'One' }),
      await fixture.market.add(makeGcode(400), { title: 'Two' }),
    ]
    assert.is((await reported(fixture, first)).status, 'success')
    assert.is((await reported(fixture, second)).status, 'success')
    assert.is((await fixture.client.lastRun())?.filename, 'LMNT/Two.gcode')
  } finally {
    await fixture.close()
  }
})

test.run()
