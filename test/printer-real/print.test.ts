import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { eventually } from '../edge/eventually.ts'
import { gcodeOf } from '../edge/gcode.ts'
import {
  environment,
  klippy,
  openShed,
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

interface HistoryEntry {
  filename: string
  status: string
  exists: boolean
  metadata: Record<string, unknown>
}

async function latestHistory(): Promise<HistoryEntry> {
  const answer = (await shed.client.call('server.history.list', { limit: 1 })) as { jobs: HistoryEntry[] }
  return answer.jobs[0] as HistoryEntry
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
      const latest = await latestHistory()
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
    const filename = await readyFile()
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

/** The stub of the job in hand, once it can be printed. */
function readyFile(): Promise<string> {
  return eventually('the job is ready', async () => {
    const { job } = (await shed.client.agent('status')) as { job: { state: string; file: string } | null }
    return job?.state === 'ready' && job.file
  })
}

async function atOnce(method: string, state: string): Promise<void> {
  const started = performance.now()
  await shed.client.call(method)
  const took = performance.now() - started
  assert.ok(took < 2000, `${method} took ${took} ms`)
  await untilState(shed, state, 2000)
}

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

it('what the marketplace refuses is a native error, a dialog on every screen, and heaters are off', async () => {
  const bench = await setUpBench(shed, { autoStart: false })
  try {
    const job = await bench.market.add(shortMoves(100), { title: 'Bowl' })
    const filename = await readyFile()
    await shed.client.call('printer.print.start', { filename })
    await reported(bench, job)
    await untilState(shed, 'complete')
    await shed.client.call('printer.gcode.script', { script: 'M140 S50' })
    shed.client.console.length = 0
    await shed.client.call('printer.print.start', { filename })
    const { message } = await untilState(shed, 'error')
    assert.is(message, 'LMNT: All prints of this purchase are used up.')
    await eventually('the dialog', () => shed.client.console.includes('// action:prompt_show'))
    assert.ok(shed.client.console.includes('// action:prompt_text All prints of this purchase are used up.'))
    const wanted = { objects: { heater_bed: ['target'] } }
    const answer = (await shed.client.call('printer.objects.query', wanted)) as { status: unknown }
    assert.equal(answer.status, { heater_bed: { target: 0 } })
    assert.is((await latestHistory()).status, 'error')
  } finally {
    await bench.close()
  }
})

it('a copy of the file prints the same purchase while a right is left', async () => {
  const bench = await setUpBench(shed, { autoStart: false })
  try {
    const gcode = shortMoves(200)
    const job = await bench.market.add(gcode, { title: 'Cup' })
    const filename = await readyFile()
    await shed.client.call('printer.print.start', { filename })
    await reported(bench, job)
    copyFileSync(join(shed.printer.gcodesDir, filename), join(shed.printer.gcodesDir, 'Copy of Cup.gcode'))
    bench.market.rightsLeft = 1
    await shed.client.call('printer.print.start', { filename: 'Copy of Cup.gcode' })
    const again = await eventually('a second job', () => bench.market.jobs[1])
    assert.is((await reported(bench, again)).status, 'success')
    assert.is(again.claim.purchase_id, job.claim.purchase_id)
    assert.is((await klippy(shed)).lmnt_line_record.sha256, gcode.sha256)
    assert.is((await shed.client.printStats()).filename, 'Copy of Cup.gcode')
  } finally {
    await bench.close()
  }
})

it('a file that names no purchase, or one that nobody knows, says so', async () => {
  const bench = await setUpBench(shed)
  try {
    const cases = [
      ['STREAM_GCODE_LINE', "Error on 'STREAM_GCODE_LINE': missing JOB"],
      ['STREAM_GCODE_LINE JOB=../../etc/passwd', 'STREAM_GCODE_LINE: the file names no LMNT purchase'],
      ['STREAM_GCODE_LINE JOB=job_1', 'LMNT: This file names no LMNT purchase.'],
      ['STREAM_GCODE_LINE JOB=purch_00000000000000000000000000', 'LMNT: There is no such purchase.'],
    ] as const
    for (const [line, message] of cases) {
      writeFileSync(join(shed.printer.gcodesDir, 'edited.gcode'), `; by hand\n${line}\nG28\n`)
      await shed.client.call('printer.print.start', { filename: 'edited.gcode' })
      assert.is((await untilState(shed, 'error')).message, message)
    }
  } finally {
    await bench.close()
  }
})

it('a dialog of the last run is gone after a restart, and hostile words reach no screen as markup', async () => {
  const bench = await setUpBench(shed, { autoStart: false })
  try {
    const job = await bench.market.add(gcodeOf(['G28', 'NO_SUCH_MACRO']), { title: '<img src=x onerror=alert(1)>|a' })
    const filename = await readyFile()
    await shed.client.call('printer.print.start', { filename })
    await reported(bench, job)
    await untilState(shed, 'error')
    await eventually('the dialog', () => shed.client.console.includes('// action:prompt_show'))
    const ours = shed.client.console.filter(line => /LMNT|prompt_text/.test(line))
    for (const line of ours) assert.not.match(line, /[<>&|]/)
    shed.client.console.length = 0
    await shed.client.call('printer.firmware_restart')
    await eventually('it is closed', () => shed.client.console.includes('// action:prompt_end'))
  } finally {
    await bench.close()
  }
})

it('with the edge away the file says that the service is not running', async () => {
  const bench = await setUpBench(shed, { autoStart: false })
  try {
    const job = await bench.market.add(shortMoves(100), { title: 'Away' })
    const filename = await readyFile()
    await bench.stopEdge()
    await shed.client.call('printer.print.start', { filename })
    const { message } = await untilState(shed, 'error')
    assert.is(message, 'LMNT: the LMNT service is not running')
    assert.equal(job.reports, [])
  } finally {
    await bench.close()
  }
})

it('STREAM_GCODE_LINE from the console is refused', async () => {
  const error = await shed.client.call('printer.gcode.script', { script: 'STREAM_GCODE_LINE JOB=purch_1' }).then(
    () => null,
    (reason: Error) => reason.message,
  )
  assert.match(error ?? '', "start the file from the printer's file list")
})

it('a printer without our extra ends the file in an error, not as complete', async () => {
  const other = await openShed({ isOursInstalled: false })
  const bench = await setUpBench(other)
  try {
    const job = await bench.market.add(shortMoves(100))
    const report = await reported(bench, job)
    assert.is(report.status, 'failure')
    assert.match(report.error ?? '', "The value 'lmnt_stream' is not valid for HEATER")
    assert.is((await untilState(other, 'error')).filename, 'LMNT/Gear.gcode')
    assert.match(readFileSync(join(other.printer.gcodesDir, 'LMNT/Gear.gcode'), 'utf8'), 'STREAM_GCODE_LINE')
  } finally {
    await bench.close()
    await other.close()
  }
})

test.run()
