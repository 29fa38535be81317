import * as assert from 'uvu/assert'
import { gcodeOf, type MadeGcode } from '../make/edge/gcode.ts'
import { eventually } from '../make/eventually.ts'
import { componentClient } from '../make/printer-real/component.ts'
import {
  byteAt,
  type Fixture,
  klippy,
  latestHistory,
  metadataOf,
  type PrinterHost,
  readyFile,
  reported,
  sharedPrinter,
  shortMoves,
  untilHeld,
} from '../make/printer-real/set-up.ts'

const printer = sharedPrinter({
  macros: ['[exclude_object]'],
  // A print that is held for a look at it is not to be paused meanwhile.
  streamOptions: ['pause_after: 60'],
})
const { test } = printer.suite('printing on real Klippy behind real Moonraker')

/** Holds the print twice on its way, and looks at what the interfaces show of it. */
async function watchToTheEnd({ host, market }: Fixture, gcode: MadeGcode, filename: string): Promise<void> {
  for (const part of [0.3, 0.7]) {
    const byte = byteAt(gcode, part)
    await untilHeld(host, byte)
    const seen = await klippy(host)
    assert.is(seen.print_stats.state, 'printing')
    assert.is(seen.virtual_sdcard.is_active, true)
    for (const { progress } of [seen.virtual_sdcard, seen.display_status]) {
      assert.ok(Math.abs(progress - part) < 0.01, `${progress} is shown at ${part}`)
    }
    assert.is(seen.print_stats.info.current_layer, Math.floor(part * 5) + 1)
    assert.is((await host.client.printStats()).filename, filename)
    assert.is((await latestHistory(host)).status, 'in_progress')
    await eventually(
      'the marketplace knows',
      () => (market.jobs[0]?.progressReports.at(-1)?.progress ?? 0) > part - 0.02,
    )
    if (part < 0.5) host.relay.holdAt(byteAt(gcode, 0.7))
  }
  host.relay.flow()
  const report = await reported({ market })
  assert.is(report.status, 'success')
  assert.is(report.stats?.lines, gcode.lines)
  await untilCompleted(host, filename)
  const { lmnt_line_record: record, virtual_sdcard: sdcard } = await klippy(host)
  assert.equal(record, { lines: gcode.lines, sha256: gcode.sha256 })
  assert.is(sdcard.is_active, false)
  assert.is(market.jobs[0]?.reports.length, 1)
}

async function untilCompleted(host: PrinterHost, filename: string): Promise<void> {
  const stats = await host.client.printStats()
  assert.is(stats.state, 'complete')
  assert.is(stats.filename, filename)
  assert.equal(stats.info, { total_layer: 5, current_layer: 5 })
  const entry = await eventually('the history has it', async () => {
    const latest = await latestHistory(host)
    return latest.status === 'completed' && latest
  })
  assert.is(entry.filename, filename)
  assert.is(entry.exists, true)
  assert.is(entry.metadata.estimated_time, 4325)
  assert.is((entry.metadata.thumbnails as unknown[]).length, 2)
}

test('a job of the marketplace is printed as any other file, and exactly the sealed lines run', async fixture => {
  const { host, market } = fixture
  const gcode = shortMoves(3000)
  host.relay.holdAt(byteAt(gcode, 0.3))
  await market.add(gcode)
  await watchToTheEnd(fixture, gcode, 'LMNT/Gear.gcode')
})

const byHand = { autoStart: false }

test(
  "Moonraker's own printer.print.start prints the same",
  async fixture => {
    const { host, market } = fixture
    const gcode = shortMoves(3000)
    host.relay.holdAt(byteAt(gcode, 0.3))
    await market.add(gcode, { title: 'Vase' })
    const filename = await readyFile(host)
    assert.is(market.opens, 0, 'nobody asks for a key before it is needed')
    await host.client.call('printer.print.start', { filename })
    await watchToTheEnd(fixture, gcode, 'LMNT/Vase.gcode')
  },
  byHand,
)

test(
  "Moonraker's own parser reads every field of the file as it was sliced",
  async ({ host, market }) => {
    const { claim } = await market.add(shortMoves(500), { title: 'Every field' })
    const metadata = await metadataOf(host, await readyFile(host))
    const { size, modified, uuid, thumbnails, slicer_version, print_start_time, job_id, ...fields } = metadata
    assert.equal(fields, {
      filename: 'LMNT/Every field.gcode',
      slicer: 'LMNT',
      file_processors: [],
      estimated_time: claim.totals.estimated_time_s,
      filament_total: claim.totals.filament_mm,
      layer_count: claim.totals.layers,
      object_height: claim.summary.object_height_mm,
      layer_height: claim.summary.layer_height_mm,
      first_layer_height: claim.summary.first_layer_height_mm,
      nozzle_diameter: claim.summary.nozzle_diameter_mm,
      filament_type: claim.summary.filament_type,
      filament_name: claim.summary.filament_name,
      filament_weight_total: claim.summary.filament_weight_g,
      filament_weights: [claim.summary.filament_weight_g],
      first_layer_extr_temp: claim.summary.first_layer_temperature_c,
      first_layer_bed_temp: claim.summary.first_layer_bed_temperature_c,
      filament_temps: [],
      filament_colors: [claim.summary.filament_colour],
      extruder_colors: [claim.summary.filament_colour],
      chamber_temp: claim.summary.chamber_temperature_c,
      referenced_tools: [],
      // Not gcode_start_byte: the interfaces would show 100% at once.
    })
    const pictures = thumbnails as { width: number; height: number; relative_path: string }[]
    assert.equal(
      pictures.map(({ width, height }) => [width, height]),
      [
        [32, 32],
        [300, 300],
      ],
    )
    for (const [index, png] of [claim.thumbnail_small, claim.thumbnail].entries()) {
      const path = `LMNT/${pictures[index]?.relative_path}`
      const answer = await fetch(`${host.printer.url}/server/files/gcodes/${path}`)
      assert.is(Buffer.from(await answer.arrayBuffer()).toString('base64'), png)
    }
  },
  byHand,
)

const outcomes = printer.suite('outcomes of prints on a real printer')

outcomes.test(
  'print after print that fails at once is reported, each with its own error',
  async ({ testEdge, market }) => {
    for (const x of [9001, 9002, 9002, 9003]) {
      const job = await market.add(shortMoves(30, [`G1 X${x} F6000`, 'G1 X100 E0.01']))
      const report = await reported(testEdge, job)
      assert.equal([report.status, report.stats?.reason], ['failure', 'error'])
      assert.match(report.error ?? '', `Move out of range: ${x}.000`)
    }
  },
)

outcomes.test(
  'a print whose lines all ran is a success when its end macro leaves the print volume',
  async ({ testEdge, market }) => {
    const job = await market.add(shortMoves(30, ['G1 X9001 F6000']))
    const { status, stats } = await reported(testEdge, job)
    assert.equal([status, stats?.reason, stats?.progress], ['success', 'error_at_end', 1])
  },
)

outcomes.test(
  'a print whose lines all ran is a success when the printer is stopped in its end macro',
  async fixture => {
    const { host, testEdge, market } = fixture
    const gcode = shortMoves(300, ['M84', 'M84', 'M84'])
    const byte = gcode.text.indexOf('M84\nM84\nTURN_OFF')
    host.relay.holdAt(byte)
    const job = await market.add(gcode)
    await untilHeld(host, byte)
    await host.client.call('printer.emergency_stop')
    const { status, stats } = await reported(testEdge, job)
    assert.equal([status, stats?.reason], ['success', 'klippy_shutdown_at_end'])
  },
)

const skipping = printer.suite('an object that is left out on real Klippy')
const { post } = componentClient(printer.fixture)
const gear = 'GEAR.STL_ID_0_COPY_0'
const clip = 'CLIP.STL_ID_1_COPY_0'

/** As slicers write it: marks around each object in each layer. */
function plateOfTwo() {
  const lines = ['G28', 'G90', 'M83']
  for (const [name, x] of [
    [gear, 100],
    [clip, 140],
  ] as const)
    lines.push(`EXCLUDE_OBJECT_DEFINE NAME=${name.toLowerCase()} CENTER=${x},60`)
  for (let layer = 0; layer < 60; layer++) {
    for (const [name, x] of [
      [gear, 100],
      [clip, 140],
    ] as const) {
      lines.push(`EXCLUDE_OBJECT_START NAME=${name.toLowerCase()}`)
      for (let move = 0; move < 20; move++) lines.push(`G1 X${x + (move % 7)} Y${57 + (move % 5)} E0.01 F6000`)
      lines.push(`EXCLUDE_OBJECT_END NAME=${name.toLowerCase()}`)
    }
  }
  return gcodeOf([...lines, 'TURN_OFF_HEATERS', 'M84'], 60)
}

skipping.test(
  'the rest of the print goes on without it, and an object that the print does not have is refused',
  async ({ host, testEdge, market }) => {
    const gcode = plateOfTwo()
    const middle = byteAt(gcode, 0.5)
    host.relay.holdAt(middle)
    const job = await market.add(gcode)
    await untilHeld(host, middle)

    assert.is((await post('skip_object', { object: 'SOMETHING_ELSE' })).status, 404)
    const answer = await post('skip_object', { object: gear })
    assert.equal([answer.status, answer.result.status], [200, 'skipping'], answer.message)
    const query = { objects: { exclude_object: ['excluded_objects', 'objects'] } }
    const { excluded_objects } = await eventually('the exclusion', async () => {
      const { status } = (await host.client.call('printer.objects.query', query)) as {
        status: { exclude_object: { excluded_objects: string[]; objects: { name: string }[] } }
      }
      return status.exclude_object.excluded_objects.length > 0 && status.exclude_object
    })
    assert.equal(excluded_objects, [gear])

    host.relay.flow()
    assert.is((await reported(testEdge, job)).status, 'success')
    assert.is((await klippy(host)).lmnt_line_record.sha256, gcode.sha256)
  },
)

printer.run()
