import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startEdgeProcess } from '../../make/edge/edge-process.ts'
import { makeGcode } from '../../make/edge/gcode.ts'
import { type EdgeFixture, makeEdgeFixture, reported } from '../../make/edge/set-up.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite('a restart of the edge')

const slow = { printer: { linesPerSecond: 40_000, starvedPauseMs: 30_000 } }

async function lines(fixture: EdgeFixture): Promise<number> {
  const run = await fixture.client.lastRun()
  return run?.job ? run.lines : 0
}

test('the print continues at the same byte: the lines are the same, and one success is reported', async () => {
  const fixture = await makeEdgeFixture(slow)
  try {
    const gcode = makeGcode(60_000)
    const job = await fixture.market.add(gcode)
    for (const from of [5000, 30_000]) {
      await eventually('lines run', async () => (await lines(fixture)) > from)
      await fixture.restartEdge()
    }
    assert.is((await reported(fixture)).status, 'success')
    assert.is((await fixture.client.lastRun())?.sha256, gcode.sha256)
    assert.is(fixture.market.ranges.length, 1, 'the spool was fetched once')
    assert.is(fixture.market.opens, 3)
    await sleep(200)
    assert.is(job.reports.length, 1)
  } finally {
    await fixture.close()
  }
})

test('the edge waits while the previous run holds the lease of the job', async () => {
  const fixture = await makeEdgeFixture(slow)
  try {
    const gcode = makeGcode(40_000)
    const job = await fixture.market.add(gcode)
    await eventually('lines run', async () => (await lines(fixture)) > 1000)
    fixture.market.leaseOf = job.bootNonce
    await fixture.restartEdge()
    await eventually('the printer is told to wait', () =>
      fixture.client.console.some(line => line.includes('Preparing')),
    )
    const before = await lines(fixture)
    fixture.market.leaseOf = null
    assert.is((await reported(fixture)).status, 'success')
    assert.ok(before < gcode.lines)
    assert.is((await fixture.client.lastRun())?.sha256, gcode.sha256)
  } finally {
    await fixture.close()
  }
})

test('the progress never falls, also while the edge waits for the key again', async () => {
  const fixture = await makeEdgeFixture(slow)
  try {
    const gcode = makeGcode(40_000)
    const job = await fixture.market.add(gcode)
    await eventually('some of it is told', () => (job.progressReports.at(-1)?.progress ?? 0) >= 0.05)
    fixture.market.isCwsDown = true
    await fixture.stopEdge()
    const before = job.progressReports.length
    await fixture.startEdge()
    await eventually('progress is sent again', () => job.progressReports.length > before + 2)
    assert.ok(job.progressReports.slice(before).every(one => one.is_printing))
    fixture.market.isCwsDown = false
    assert.is((await reported(fixture)).status, 'success')
    assert.is((await fixture.client.lastRun())?.sha256, gcode.sha256)
    const percents = job.progressReports.map(one => one.progress)
    assert.equal(
      percents,
      [...percents].sort((a, b) => a - b),
      'it only grows',
    )
  } finally {
    await fixture.close()
  }
})

test('a print that ended meanwhile is reported as the history has it', async () => {
  const fixture = await makeEdgeFixture(slow)
  try {
    await fixture.market.add(makeGcode(40_000))
    await eventually('lines run', async () => (await lines(fixture)) > 2000)
    await fixture.stopEdge()
    await fixture.client.call('printer.print.cancel')
    await fixture.client.call('printer.gcode.script', { script: 'SDCARD_RESET_FILE' })
    await fixture.startEdge()
    const report = await reported(fixture)
    assert.is(report.status, 'failure')
    assert.is(report.stats?.reason, 'cancelled')
  } finally {
    await fixture.close()
  }
})

test('a print that completed meanwhile is a success, also when the marketplace has ended the job', async () => {
  const fixture = await makeEdgeFixture({ printer: { linesPerSecond: 4000 } })
  try {
    const job = await fixture.market.add(makeGcode(4000))
    await eventually('lines run', async () => (await lines(fixture)) > 100)
    await fixture.stopEdge()
    await eventually('the print is complete', async () => (await fixture.client.printStats()).state === 'complete')
    job.status = 'expired'
    const { edge, config } = fixture
    const direct = Number(new URL(config.moonrakerUrl).port)
    // Moonraker answers later than the marketplace.
    const gate = createServer(socket => socket.destroy()).listen(0, '127.0.0.1')
    await once(gate, 'listening')
    config.moonrakerUrl = config.moonrakerUrl.replace(`:${direct}`, `:${(gate.address() as AddressInfo).port}`)
    const started = fixture.startEdge()
    await eventually('the marketplace was asked', async () => {
      if (fixture.edge === edge) return false
      const { job: current } = (await fixture.edge.call('status')) as { job: { problem: string | null } | null }
      return current === null || current.problem?.includes('has ended this print job')
    })
    gate.removeAllListeners('connection').on('connection', socket => {
      const through = connect(direct, '127.0.0.1')
      for (const end of [socket, through]) end.on('error', () => {})
      socket.pipe(through).pipe(socket)
    })
    await started
    gate.close()
    assert.is((await reported(fixture)).status, 'success')
  } finally {
    await fixture.close()
  }
})

test('a print that has all of its lines completes without the edge', async () => {
  const fixture = await makeEdgeFixture({ printer: { linesPerSecond: 4000 } })
  try {
    const gcode = makeGcode(4000)
    await fixture.market.add(gcode)
    await eventually('lines run', async () => (await lines(fixture)) > 100)
    await fixture.stopEdge()
    await eventually('the print is complete', async () => (await fixture.client.printStats()).state === 'complete')
    await fixture.startEdge()
    assert.is((await reported(fixture)).status, 'success')
  } finally {
    await fixture.close()
  }
})

test('a power cut of the whole host is a failure that says so', async () => {
  const fixture = await makeEdgeFixture(slow)
  try {
    const job = await fixture.market.add(makeGcode(60_000))
    await eventually('lines run', () => (job.progressReports.at(-1)?.progress ?? 0) > 0.05)
    await fixture.stopEdge()
    await fixture.restartPrinter()
    await fixture.startEdge()
    const { status, error, stats } = await reported(fixture)
    assert.equal([status, stats?.reason], ['failure', 'host_restarted'])
    assert.match(error ?? '', 'restarted in the middle')
    assert.ok((stats?.progress ?? 0) > 0 && (stats?.total_duration_s ?? 0) > 0, 'the figures are from before')
    const next = await fixture.market.add(makeGcode(500))
    assert.is((await reported(fixture, next)).status, 'success')
  } finally {
    await fixture.close()
  }
})

test('a shutdown of Klipper meanwhile is a failure with its reason', async () => {
  const fixture = await makeEdgeFixture(slow)
  try {
    const job = await fixture.market.add(makeGcode(60_000))
    await eventually('lines run', () => (job.progressReports.at(-1)?.progress ?? 0) > 0.05)
    await fixture.stopEdge()
    await fixture.client.call('printer.emergency_stop')
    await fixture.startEdge()
    const { error, stats } = await reported(fixture)
    assert.is(stats?.reason, 'klippy_shutdown')
    assert.match(error ?? '', 'Shutdown due to webhooks request')
  } finally {
    await fixture.close()
  }
})

test('an older print of the same file is not mistaken for this one', async () => {
  const fixture = await makeEdgeFixture({ ...slow, autoStart: false })
  try {
    const gcode = makeGcode(60_000)
    const first = await fixture.market.add(gcode)
    await eventually('the job is there', async () => (await fixture.client.agent('status')).job)
    await fixture.client.agent('start_job')
    assert.is((await reported(fixture, first)).status, 'success')
    fixture.market.rightsLeft = 1
    const { filename } = await fixture.client.printStats()
    await fixture.client.call('printer.print.start', { filename })
    const second = await eventually('a second job', () => fixture.market.jobs[1])
    await eventually('lines run', () => (second.progressReports.at(-1)?.progress ?? 0) > 0)
    await fixture.stopEdge()
    await fixture.client.call('printer.firmware_restart')
    await fixture.startEdge()
    assert.is((await reported(fixture, second)).status, 'failure')
  } finally {
    await fixture.close()
  }
})

test('after kill -9 in the middle of a print the edge continues the same job', async () => {
  const fixture = await makeEdgeFixture(slow)
  try {
    await fixture.stopEdge()
    const gcode = makeGcode(60_000)
    const job = await fixture.market.add(gcode)
    const first = startEdgeProcess(fixture.config)
    await eventually('lines run', async () => (await lines(fixture)) > 10_000)
    first.kill('SIGKILL')
    await once(first, 'exit')
    const second = startEdgeProcess(fixture.config)
    try {
      assert.is((await reported(fixture)).status, 'success')
      assert.is((await fixture.client.lastRun())?.sha256, gcode.sha256)
      assert.is(fixture.market.ranges.length, 1, 'the spool was fetched once')
      assert.is(job.reports.length, 1)
    } finally {
      second.kill('SIGTERM')
      const [code] = await once(second, 'exit')
      assert.is(code, 0)
    }
  } finally {
    await fixture.close()
  }
})

test.run()
