import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startEdgeProcess } from '../../make/edge/edge-process.ts'
import { makeGcode } from '../../make/edge/gcode.ts'
import { makeWorkshop, reported, type Workshop } from '../../make/edge/set-up.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite('an edge that is started again')

const slow = { printer: { linesPerSecond: 40_000, starvedPauseMs: 30_000 } }

async function lines(shop: Workshop): Promise<number> {
  const run = await shop.client.lastRun()
  return run?.job ? run.lines : 0
}

test('it goes on at the byte: the lines are exactly the same, and one success is reported', async () => {
  const shop = await makeWorkshop(slow)
  try {
    const gcode = makeGcode(60_000)
    const job = await shop.market.add(gcode)
    for (const from of [5000, 30_000]) {
      await eventually('lines run', async () => (await lines(shop)) > from)
      await shop.restartEdge()
    }
    assert.is((await reported(shop)).status, 'success')
    assert.is((await shop.client.lastRun())?.sha256, gcode.sha256)
    assert.is(shop.market.ranges.length, 1, 'the spool was fetched once')
    assert.is(shop.market.opens, 3)
    await sleep(200)
    assert.is(job.reports.length, 1)
  } finally {
    await shop.close()
  }
})

test('it waits while the marketplace still holds the job for the start before', async () => {
  const shop = await makeWorkshop(slow)
  try {
    const gcode = makeGcode(40_000)
    const job = await shop.market.add(gcode)
    await eventually('lines run', async () => (await lines(shop)) > 1000)
    shop.market.leaseOf = job.bootNonce
    await shop.restartEdge()
    await eventually('the printer is told to wait', () => shop.client.console.some(line => line.includes('Preparing')))
    const before = await lines(shop)
    shop.market.leaseOf = null
    assert.is((await reported(shop)).status, 'success')
    assert.ok(before < gcode.lines)
    assert.is((await shop.client.lastRun())?.sha256, gcode.sha256)
  } finally {
    await shop.close()
  }
})

test('the progress never falls, also while it waits for the key again', async () => {
  const shop = await makeWorkshop(slow)
  try {
    const gcode = makeGcode(40_000)
    const job = await shop.market.add(gcode)
    await eventually('some of it is told', () => (job.told.at(-1)?.progress ?? 0) >= 0.05)
    shop.market.areKeysAway = true
    await shop.stopEdge()
    const before = job.told.length
    await shop.startEdge()
    await eventually('it tells again', () => job.told.length > before + 2)
    assert.ok(job.told.slice(before).every(one => one.is_printing))
    shop.market.areKeysAway = false
    assert.is((await reported(shop)).status, 'success')
    assert.is((await shop.client.lastRun())?.sha256, gcode.sha256)
    const told = job.told.map(one => one.progress)
    assert.equal(
      told,
      [...told].sort((a, b) => a - b),
      'it only grows',
    )
  } finally {
    await shop.close()
  }
})

test('a print that ended while it was away is reported as the history has it', async () => {
  const shop = await makeWorkshop(slow)
  try {
    await shop.market.add(makeGcode(40_000))
    await eventually('lines run', async () => (await lines(shop)) > 2000)
    await shop.stopEdge()
    await shop.client.call('printer.print.cancel')
    await shop.client.call('printer.gcode.script', { script: 'SDCARD_RESET_FILE' })
    await shop.startEdge()
    const report = await reported(shop)
    assert.is(report.status, 'failure')
    assert.is(report.stats?.reason, 'cancelled')
  } finally {
    await shop.close()
  }
})

test('a print that ended well while it was away is a success, also when the marketplace has given the job up', async () => {
  const shop = await makeWorkshop({ printer: { linesPerSecond: 4000 } })
  try {
    const job = await shop.market.add(makeGcode(4000))
    await eventually('lines run', async () => (await lines(shop)) > 100)
    await shop.stopEdge()
    await eventually('the print is complete', async () => (await shop.client.printStats()).state === 'complete')
    job.status = 'expired'
    const { edge, config } = shop
    const direct = Number(new URL(config.moonrakerUrl).port)
    // Moonraker answers later than the marketplace.
    const gate = createServer(socket => socket.destroy()).listen(0, '127.0.0.1')
    await once(gate, 'listening')
    config.moonrakerUrl = config.moonrakerUrl.replace(`:${direct}`, `:${(gate.address() as AddressInfo).port}`)
    const started = shop.startEdge()
    await eventually('the marketplace was asked', async () => {
      if (shop.edge === edge) return false
      const { job: inHand } = (await shop.edge.call('status')) as { job: { problem: string | null } | null }
      return inHand === null || inHand.problem?.includes('has ended this print job')
    })
    gate.removeAllListeners('connection').on('connection', socket => {
      const through = connect(direct, '127.0.0.1')
      for (const end of [socket, through]) end.on('error', () => {})
      socket.pipe(through).pipe(socket)
    })
    await started
    gate.close()
    assert.is((await reported(shop)).status, 'success')
  } finally {
    await shop.close()
  }
})

test('a print that has all of its lines ends well without it', async () => {
  const shop = await makeWorkshop({ printer: { linesPerSecond: 4000 } })
  try {
    const gcode = makeGcode(4000)
    await shop.market.add(gcode)
    await eventually('lines run', async () => (await lines(shop)) > 100)
    await shop.stopEdge()
    await eventually('the print is complete', async () => (await shop.client.printStats()).state === 'complete')
    await shop.startEdge()
    assert.is((await reported(shop)).status, 'success')
  } finally {
    await shop.close()
  }
})

test('a power cut of the whole host is a failure that says so', async () => {
  const shop = await makeWorkshop(slow)
  try {
    const job = await shop.market.add(makeGcode(60_000))
    await eventually('lines run', () => (job.told.at(-1)?.progress ?? 0) > 0.05)
    await shop.stopEdge()
    await shop.restartPrinter()
    await shop.startEdge()
    const { status, error, stats } = await reported(shop)
    assert.equal([status, stats?.reason], ['failure', 'host_restarted'])
    assert.match(error ?? '', 'restarted in the middle')
    assert.ok((stats?.progress ?? 0) > 0 && (stats?.total_duration_s ?? 0) > 0, 'the figures are from before')
    const next = await shop.market.add(makeGcode(500))
    assert.is((await reported(shop, next)).status, 'success')
  } finally {
    await shop.close()
  }
})

test('Klipper that shut down while it was away is a failure with its reason', async () => {
  const shop = await makeWorkshop(slow)
  try {
    const job = await shop.market.add(makeGcode(60_000))
    await eventually('lines run', () => (job.told.at(-1)?.progress ?? 0) > 0.05)
    await shop.stopEdge()
    await shop.client.call('printer.emergency_stop')
    await shop.startEdge()
    const { error, stats } = await reported(shop)
    assert.is(stats?.reason, 'klippy_shutdown')
    assert.match(error ?? '', 'Shutdown due to webhooks request')
  } finally {
    await shop.close()
  }
})

test('an older print of the same file is not taken for this one', async () => {
  const shop = await makeWorkshop({ ...slow, autoStart: false })
  try {
    const gcode = makeGcode(60_000)
    const first = await shop.market.add(gcode)
    await eventually('the job is there', async () => (await shop.client.agent('status')).job)
    await shop.client.agent('start_job')
    assert.is((await reported(shop, first)).status, 'success')
    shop.market.rightsLeft = 1
    const { filename } = await shop.client.printStats()
    await shop.client.call('printer.print.start', { filename })
    const second = await eventually('a second job', () => shop.market.jobs[1])
    await eventually('lines run', () => (second.told.at(-1)?.progress ?? 0) > 0)
    await shop.stopEdge()
    await shop.client.call('printer.firmware_restart')
    await shop.startEdge()
    assert.is((await reported(shop, second)).status, 'failure')
  } finally {
    await shop.close()
  }
})

test('killed with -9 in the middle of a print, it takes the same job up again', async () => {
  const shop = await makeWorkshop(slow)
  try {
    await shop.stopEdge()
    const gcode = makeGcode(60_000)
    const job = await shop.market.add(gcode)
    const first = startEdgeProcess(shop.config)
    await eventually('lines run', async () => (await lines(shop)) > 10_000)
    first.kill('SIGKILL')
    await once(first, 'exit')
    const second = startEdgeProcess(shop.config)
    try {
      assert.is((await reported(shop)).status, 'success')
      assert.is((await shop.client.lastRun())?.sha256, gcode.sha256)
      assert.is(shop.market.ranges.length, 1, 'the spool was fetched once')
      assert.is(job.reports.length, 1)
    } finally {
      second.kill('SIGTERM')
      const [code] = await once(second, 'exit')
      assert.is(code, 0)
    }
  } finally {
    await shop.close()
  }
})

test.run()
