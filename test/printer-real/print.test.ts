import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { eventually } from '../edge/eventually.ts'
import { gcodeOf } from '../edge/gcode.ts'
import {
  environment,
  klippy,
  latestHistory,
  openShed,
  readyFile,
  reported,
  type Shed,
  setUpBench,
  shortMoves,
  untilLines,
  untilState,
} from './set-up.ts'

const test = suite('printing on real Klippy behind real Moonraker')
const it = environment ? test : test.skip
let shed: Shed

if (environment) {
  test.before(async () => {
    shed = await openShed({ streamOptions: ['open_timeout: 2'] })
  })
  test.after(() => shed.close())
}

async function atOnce(method: string, state: string): Promise<void> {
  const started = performance.now()
  await shed.client.call(method)
  const took = performance.now() - started
  assert.ok(took < 2000, `${method} took ${took} ms`)
  await untilState(shed, state, 2000)
}

it('a job is printed, and the lines that Klippy ran are the lines that were sealed', async () => {
  const bench = await setUpBench(shed)
  try {
    const gcode = shortMoves(60_000)
    const job = await bench.market.add(gcode, { title: 'Gear' })
    const seen = new Set<number>()
    const shown = new Set<number>()
    const layers = new Set<number | null>()
    await eventually('it is over', async () => {
      const { virtual_sdcard: sd, display_status: display, print_stats: stats } = await klippy(shed)
      if (sd.is_active) {
        seen.add(sd.progress)
        shown.add(display.progress)
        layers.add(stats.info.current_layer)
      }
      return job.reports[0]
    })
    const [report] = job.reports
    assert.is(report?.status, 'success')
    assert.is(report?.stats?.lines, gcode.lines)
    assert.is((await klippy(shed)).lmnt_line_record.sha256, gcode.sha256)
    for (const progress of [seen, shown]) {
      assert.ok([...progress].filter(part => part > 0 && part < 1).length > 1, 'the progress was shown')
    }
    assert.ok(layers.size > 2, 'the layers were counted')
    const stats = await shed.client.printStats()
    assert.is(stats.state, 'complete')
    assert.is(stats.filename, 'LMNT/Gear.gcode')
    assert.equal(stats.info, { total_layer: 5, current_layer: 5 })
    const entry = await eventually('the history has it', async () => {
      const latest = await latestHistory(shed)
      return latest.status === 'completed' && latest
    })
    assert.is(entry.filename, 'LMNT/Gear.gcode')
    assert.is(entry.exists, true)
    assert.is(entry.metadata.estimated_time, 4325)
    assert.is((entry.metadata.thumbnails as unknown[]).length, 2)
  } finally {
    await bench.close()
  }
})

it("Moonraker's own parser reads every field of the file, and its own start prints it", async () => {
  const bench = await setUpBench(shed, { autoStart: false })
  try {
    const gcode = shortMoves(500)
    const job = await bench.market.add(gcode, { title: 'Vase' })
    const filename = await readyFile(shed)
    const metadata = await eventually('it is parsed', () =>
      shed.client.call('server.files.metadata', { filename }).then(
        answer => answer as Record<string, unknown>,
        () => null,
      ),
    )
    const wanted = {
      slicer: 'LMNT',
      estimated_time: 4325,
      filament_total: 4321.5,
      filament_weight_total: 12.89,
      layer_count: 5,
      object_height: 8,
      layer_height: 0.2,
      first_layer_height: 0.25,
      nozzle_diameter: 0.4,
      filament_type: 'PLA',
      first_layer_extr_temp: 215,
      first_layer_bed_temp: 60,
    }
    for (const [name, value] of Object.entries(wanted)) assert.is(metadata[name], value, name)
    assert.is(metadata.gcode_start_byte, undefined, 'the UIs would show 100% at once')

    assert.is(bench.market.opens, 0)
    await shed.client.call('printer.print.start', { filename })
    assert.is((await reported(bench, job)).status, 'success')
    assert.is((await klippy(shed)).lmnt_line_record.sha256, gcode.sha256)
  } finally {
    await bench.close()
  }
})

it('pause and resume are answered at once, and change nothing of what is printed', async () => {
  const bench = await setUpBench(shed)
  try {
    const gcode = shortMoves(60_000)
    const job = await bench.market.add(gcode)
    for (const lines of [500, 20_000]) {
      await untilLines(shed, lines)
      await atOnce('printer.print.pause', 'paused')
      await atOnce('printer.print.resume', 'printing')
    }
    assert.is((await reported(bench, job)).status, 'success')
    assert.is((await klippy(shed)).lmnt_line_record.sha256, gcode.sha256)
  } finally {
    await bench.close()
  }
})

it('a PAUSE that stands in the file waits for the person, then the next line comes', async () => {
  const bench = await setUpBench(shed)
  try {
    const gcode = shortMoves(2000, ['PAUSE', 'G1 X100', 'G1 X101'])
    const job = await bench.market.add(gcode)
    await untilState(shed, 'paused')
    assert.equal(job.reports, [])
    await shed.client.call('printer.print.resume')
    assert.is((await reported(bench, job)).status, 'success')
    assert.is((await klippy(shed)).lmnt_line_record.sha256, gcode.sha256)
  } finally {
    await bench.close()
  }
})

it('a cancel at the printer is a failure, and the next print works', async () => {
  const bench = await setUpBench(shed)
  try {
    const job = await bench.market.add(shortMoves(60_000))
    await untilLines(shed, 5000)
    await atOnce('printer.print.cancel', 'cancelled')
    const report = await reported(bench, job)
    assert.is(report.status, 'failure')
    assert.is(report.stats?.reason, 'cancelled')
    const gcode = shortMoves(500)
    const next = await bench.market.add(gcode)
    assert.is((await reported(bench, next)).status, 'success')
    assert.is((await klippy(shed)).lmnt_line_record.sha256, gcode.sha256)
  } finally {
    await bench.close()
  }
})

it('a cancel at the marketplace ends the print at the printer', async () => {
  const bench = await setUpBench(shed)
  try {
    const job = await bench.market.add(shortMoves(60_000))
    await untilLines(shed, 5000)
    job.isCancelRequested = true
    assert.is((await reported(bench, job)).stats?.reason, 'cancelled')
    await untilState(shed, 'cancelled')
  } finally {
    await bench.close()
  }
})

it('SDCARD_RESET_FILE in the middle of a print gives the right back', async () => {
  const bench = await setUpBench(shed)
  try {
    const job = await bench.market.add(shortMoves(60_000))
    await untilLines(shed, 5000)
    await shed.client.call('printer.gcode.script', { script: 'SDCARD_RESET_FILE' })
    const report = await reported(bench, job)
    assert.is(report.status, 'failure')
    assert.is((await klippy(shed)).lmnt_stream.is_active, false)
  } finally {
    await bench.close()
  }
})

it("a line that Klipper refuses ends the print with Klipper's own words", async () => {
  const bench = await setUpBench(shed)
  try {
    const job = await bench.market.add(gcodeOf(['G28', 'G1 X10 F6000', 'G1 X5000', 'G1 X20']))
    const report = await reported(bench, job)
    assert.is(report.stats?.reason, 'error')
    assert.match(report.error ?? '', 'Move out of range')
    assert.match((await untilState(shed, 'error')).message, 'Move out of range')
    await eventually('the extra lets the job go', async () => !(await klippy(shed)).lmnt_stream.is_active)
    const next = await bench.market.add(shortMoves(500))
    assert.is((await reported(bench, next)).status, 'success')
  } finally {
    await bench.close()
  }
})

it('a shutdown of Klipper is a failure with its reason, and after a restart the next print works', async () => {
  const bench = await setUpBench(shed)
  try {
    const job = await bench.market.add(shortMoves(60_000))
    await untilLines(shed, 5000)
    await shed.client.call('printer.emergency_stop')
    const report = await reported(bench, job)
    assert.is(report.stats?.reason, 'klippy_shutdown')
    assert.match(report.error ?? '', 'Shutdown due to webhooks request')
    await shed.client.call('printer.firmware_restart')
    const next = await bench.market.add(shortMoves(500))
    assert.is((await reported(bench, next)).status, 'success')
  } finally {
    await bench.close()
  }
})

test.run()
