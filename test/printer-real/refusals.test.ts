import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { dialogOf } from '../edge/dialog.ts'
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
  untilState,
} from './set-up.ts'

const test = suite('what a real printer says when it cannot print')
const it = environment ? test : test.skip
let shed: Shed

if (environment) {
  test.before(async () => {
    shed = await openShed({ streamOptions: ['open_timeout: 2'] })
  })
  test.after(() => shed.close())
}

it('what the marketplace refuses is a native error, a dialog on every screen, and heaters are off', async () => {
  const bench = await setUpBench(shed, { autoStart: false })
  try {
    const job = await bench.market.add(shortMoves(100), { title: 'Bowl' })
    const filename = await readyFile(shed)
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
    assert.is((await latestHistory(shed)).status, 'error')
  } finally {
    await bench.close()
  }
})

it('a copy of the file prints the same purchase while a right is left', async () => {
  const bench = await setUpBench(shed, { autoStart: false })
  try {
    const gcode = shortMoves(200)
    const job = await bench.market.add(gcode, { title: 'Cup' })
    const filename = await readyFile(shed)
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
    const filename = await readyFile(shed)
    await shed.client.call('printer.print.start', { filename })
    await reported(bench, job)
    await untilState(shed, 'error')
    await eventually('the dialog', () => dialogOf(shed.client.console)?.buttons.Close !== undefined)
    // A button's line has its label and its command with a "|" between: there is nothing of the marketplace in it.
    const ours = shed.client.console.filter(line => /LMNT|prompt_text/.test(line) && !line.includes('footer_button'))
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
    const filename = await readyFile(shed)
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
