import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { eventually } from '../make/eventually.ts'
import { heldPrint, runningPrint } from '../make/printer-real/prints.ts'
import {
  atOnce,
  klippy,
  type PrinterHost,
  printerSuite,
  readyFile,
  reported,
  shortMoves,
  untilReady,
  untilState,
} from '../make/printer-real/set-up.ts'

/** Moonraker's own transition delay, which is almost none, is the hardest for us. */
const moonrakerSections = ['[job_queue]', 'automatic_transition: True', 'job_transition_delay: 0.01']

const { test, run } = printerSuite("starts of a purchase's file by a queue or a recovery script", { moonrakerSections })

interface Queue {
  queue_state: string
  queued_jobs: { filename: string }[]
}

const queueOf = ({ client }: PrinterHost) => client.call('server.job_queue.status') as Promise<Queue>

async function queueUp({ client }: PrinterHost, filenames: string[]): Promise<void> {
  await client.call('server.job_queue.post_job', { filenames, reset: true })
  await client.call('server.job_queue.start')
}

test(
  'the same file twice in Moonraker’s queue makes two prints with a right each; without a right the queue stops',
  async ({ host, testEdge, market }) => {
    const gcode = shortMoves(300)
    await market.add(gcode, { title: 'Twice' })
    const filename = await readyFile(host)
    market.rightsLeft = 1
    await queueUp(host, [filename, filename])
    for (const count of [0, 1]) {
      const job = await eventually(`print ${count}`, () => market.jobs[count], 60_000)
      const report = await reported(testEdge, job)
      assert.is(report.status, 'success', report.error)
      assert.is(report.stats?.lines, gcode.lines)
    }
    assert.equal([market.jobs.length, market.rightsLeft], [2, 0])
    assert.is((await klippy(host)).lmnt_line_record.sha256, gcode.sha256)
    await eventually('the queue is empty', async () => (await queueOf(host)).queued_jobs.length === 0)

    await queueUp(host, [filename, filename])
    assert.is((await untilState(host, 'error')).message, 'LMNT: All prints of this purchase are used up.')
    const left = await eventually('the queue stops', async () => {
      const queue = await queueOf(host)
      return queue.queue_state === 'paused' && queue
    })
    assert.is(left.queued_jobs.length, 1, 'what comes next waits for a person')
    assert.is(market.jobs.length, 2)
    await host.client.call('server.job_queue.delete_job', { all: true })
  },
  { autoStart: false },
)

test('after a restart in the middle of a print nothing continues from the middle', async fixture => {
  const { host, testEdge, market } = fixture
  const { gcode, job } = await heldPrint(fixture)
  const { filename } = await host.client.printStats()
  await host.client.call('printer.firmware_restart')
  assert.is((await reported(testEdge, job)).status, 'failure')
  await untilReady(host)
  host.relay.flow()

  const inGcodes = (name: string) => join(host.printer.gcodesDir, name)
  const script = (...lines: string[]) => host.client.call('printer.gcode.script', { script: lines.join('\n') })
  const refusal = (work: Promise<unknown>) => work.then(() => 'nothing', String)
  copyFileSync(inGcodes(filename), inGcodes('last.gcode'))
  for (const position of [1, 90, readFileSync(inGcodes(filename)).length - 5, 40_000]) {
    const said = await refusal(script('M23 last.gcode', `M26 S${position}`, 'M24'))
    assert.match(said, 'a purchase is printed from its beginning only', `M26 S${position}`)
  }
  // As power-loss scripts write it: moves of their own, then what is left of the file that was printed.
  writeFileSync(inGcodes('plr.gcode'), `SET_KINEMATIC_POSITION Z=12\nM140 S60\n${readFileSync(inGcodes(filename))}`)
  await script('SDCARD_PRINT_FILE FILENAME=plr.gcode')
  assert.match((await untilState(host, 'error')).message, 'a purchase is printed from its beginning only')
  assert.is(market.jobs.length, 1, 'no other print was ordered')

  market.rightsLeft = 1
  await script(`SDCARD_PRINT_FILE FILENAME="${filename}"`)
  const again = await eventually('the file is printed again', () => market.jobs[1])
  assert.is((await reported(testEdge, again)).status, 'success')
  assert.is((await klippy(host)).lmnt_line_record.sha256, gcode.sha256, 'from its first line on')
})

test('a paused print cannot be rewound to print it twice', async fixture => {
  const { host, testEdge } = fixture
  const { gcode, job } = await runningPrint(fixture)
  await atOnce(host, 'printer.print.pause', 'paused')
  const said = await host.client.call('printer.gcode.script', { script: 'M26 S0' }).then(() => 'nothing', String)
  assert.match(said, 'from its beginning only')
  await host.client.call('printer.print.resume')
  host.relay.flow()
  assert.is((await reported(testEdge, job)).status, 'success')
  assert.is((await klippy(host)).lmnt_line_record.sha256, gcode.sha256)
})

run()
