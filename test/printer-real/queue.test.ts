import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { eventually } from '../make/eventually.ts'
import { heldPrint, runningPrint } from '../make/printer-real/prints.ts'
import {
  atOnce,
  klippy,
  printerSuite,
  readyFile,
  reported,
  type Shed,
  shortMoves,
  untilReady,
  untilState,
} from '../make/printer-real/set-up.ts'

/** Moonraker's own transition delay, which is almost none, is the hardest for us. */
const moonrakerSections = ['[job_queue]', 'automatic_transition: True', 'job_transition_delay: 0.01']

const { test, run } = printerSuite("what starts a purchase's file but a person", { moonrakerSections })

interface Queue {
  queue_state: string
  queued_jobs: { filename: string }[]
}

const queueOf = ({ client }: Shed) => client.call('server.job_queue.status') as Promise<Queue>

async function queueUp({ client }: Shed, filenames: string[]): Promise<void> {
  await client.call('server.job_queue.post_job', { filenames, reset: true })
  await client.call('server.job_queue.start')
}

test(
  'the same file twice in Moonraker’s queue: two prints with a right each; without one the queue stops',
  async ({ shed, bench, market }) => {
    const gcode = shortMoves(300)
    await market.add(gcode, { title: 'Twice' })
    const filename = await readyFile(shed)
    market.rightsLeft = 1
    await queueUp(shed, [filename, filename])
    for (const count of [0, 1]) {
      const job = await eventually(`print ${count}`, () => market.jobs[count], 60_000)
      const report = await reported(bench, job)
      assert.is(report.status, 'success', report.error)
      assert.is(report.stats?.lines, gcode.lines)
    }
    assert.equal([market.jobs.length, market.rightsLeft], [2, 0])
    assert.is((await klippy(shed)).lmnt_line_record.sha256, gcode.sha256)
    await eventually('the queue is empty', async () => (await queueOf(shed)).queued_jobs.length === 0)

    await queueUp(shed, [filename, filename])
    assert.is((await untilState(shed, 'error')).message, 'LMNT: All prints of this purchase are used up.')
    const left = await eventually('the queue stops', async () => {
      const queue = await queueOf(shed)
      return queue.queue_state === 'paused' && queue
    })
    assert.is(left.queued_jobs.length, 1, 'what comes next waits for a person')
    assert.is(market.jobs.length, 2)
    await shed.client.call('server.job_queue.delete_job', { all: true })
  },
  { autoStart: false },
)

test('after a restart in its middle nothing goes on in the middle of a print', async place => {
  const { shed, bench, market } = place
  const { gcode, job } = await heldPrint(place)
  const { filename } = await shed.client.printStats()
  await shed.client.call('printer.firmware_restart')
  assert.is((await reported(bench, job)).status, 'failure')
  await untilReady(shed)
  shed.relay.flow()

  const inGcodes = (name: string) => join(shed.printer.gcodesDir, name)
  const script = (...lines: string[]) => shed.client.call('printer.gcode.script', { script: lines.join('\n') })
  const refusal = (work: Promise<unknown>) => work.then(() => 'nothing', String)
  copyFileSync(inGcodes(filename), inGcodes('last.gcode'))
  for (const position of [1, 90, readFileSync(inGcodes(filename)).length - 5, 40_000]) {
    const said = await refusal(script('M23 last.gcode', `M26 S${position}`, 'M24'))
    assert.match(said, 'a purchase is printed from its beginning only', `M26 S${position}`)
  }
  // As power-loss scripts write it: moves of their own, then what is left of the file that was printed.
  writeFileSync(inGcodes('plr.gcode'), `SET_KINEMATIC_POSITION Z=12\nM140 S60\n${readFileSync(inGcodes(filename))}`)
  await script('SDCARD_PRINT_FILE FILENAME=plr.gcode')
  assert.match((await untilState(shed, 'error')).message, 'a purchase is printed from its beginning only')
  assert.is(market.jobs.length, 1, 'no other print was ordered')

  market.rightsLeft = 1
  await script(`SDCARD_PRINT_FILE FILENAME="${filename}"`)
  const again = await eventually('it is printed anew', () => market.jobs[1])
  assert.is((await reported(bench, again)).status, 'success')
  assert.is((await klippy(shed)).lmnt_line_record.sha256, gcode.sha256, 'from its first line on')
})

test('a paused print is not wound back to print it twice', async place => {
  const { shed, bench } = place
  const { gcode, job } = await runningPrint(place)
  await atOnce(shed, 'printer.print.pause', 'paused')
  const said = await shed.client.call('printer.gcode.script', { script: 'M26 S0' }).then(() => 'nothing', String)
  assert.match(said, 'from its beginning only')
  await shed.client.call('printer.print.resume')
  shed.relay.flow()
  assert.is((await reported(bench, job)).status, 'success')
  assert.is((await klippy(shed)).lmnt_line_record.sha256, gcode.sha256)
})

run()
