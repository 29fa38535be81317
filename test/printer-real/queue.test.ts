import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { closeDialog, noDialog, press, questionShown } from '../make/edge/dialog.ts'
import { eventually } from '../make/eventually.ts'
import { heldPrint, runningPrint } from '../make/printer-real/prints.ts'
import {
  atOnce,
  byteAt,
  klippy,
  latestHistory,
  metadataOf,
  type PrinterHost,
  readyFile,
  reported,
  sharedPrinter,
  shortMoves,
  untilLines,
  untilReady,
  untilState,
} from '../make/printer-real/set-up.ts'

/** Moonraker's own transition delay, which is almost none, is the hardest for us. */
const moonrakerSections = ['[job_queue]', 'automatic_transition: True', 'job_transition_delay: 0.01']

const printer = sharedPrinter({ moonrakerSections })
const queued = printer.suite("starts of a purchase's file by a queue or a recovery script")

interface Queue {
  queue_state: string
  queued_jobs: { filename: string }[]
}

const queueOf = ({ client }: PrinterHost) => client.call('server.job_queue.status') as Promise<Queue>

async function queueUp({ client }: PrinterHost, filenames: string[]): Promise<void> {
  await client.call('server.job_queue.post_job', { filenames, reset: true })
  await client.call('server.job_queue.start')
}

queued.test(
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

queued.test('after a restart in the middle of a print nothing continues from the middle', async fixture => {
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

queued.test('a paused print cannot be rewound to print it twice', async fixture => {
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

const prepared = printer.suite("a prepared purchase in a real printer's file list")

prepared.test(
  'a prepared purchase is listed with its figures and pictures before any order, and prints from there',
  async ({ host, market }) => {
    const gcode = shortMoves(300)
    const { purchase_id } = await market.prepare(gcode, { title: 'Prepared' })
    const filename = 'LMNT/Prepared.gcode'
    await eventually('the stub is in the list', async () => {
      const files = (await host.client.call('server.files.list', { root: 'gcodes' })) as { path: string }[]
      return files.some(file => file.path === filename)
    })
    const metadata = await metadataOf(host, filename)
    assert.is(metadata.estimated_time, 4325)
    assert.is((metadata.thumbnails as unknown[]).length, 2)
    assert.equal(market.jobs, [])

    market.rightsLeft = 1
    host.relay.trickle(150)
    await host.client.call('printer.print.start', { filename })
    const job = await eventually('a job', () => market.jobs[0])
    const report = await reported({ market }, job)
    assert.is(report.status, 'success', report.error)
    assert.is(job.claim.purchase_id, purchase_id)
    assert.is((await untilState(host, 'complete')).filename, filename)
    assert.is((await klippy(host)).lmnt_line_record.sha256, gcode.sha256)
  },
  { autoStart: false },
)

prepared.test(
  'a start from the list asks before it uses a right; after "Not now" it ends as cancelled, and nothing moves',
  async ({ host, market }) => {
    Object.assign(market, { rightsLeft: 2, sendsRights: true })
    const gcode = shortMoves(300)
    await market.prepare(gcode, { title: 'Asking' })
    const filename = 'LMNT/Asking.gcode'
    const path = join(host.printer.gcodesDir, filename)
    await eventually('the stub is there', () => existsSync(path))
    const start = () => host.client.call('printer.print.start', { filename })
    await start()
    const dialog = await questionShown(host.client)
    assert.is(dialog.text, 'Print Asking? This uses 1 of your 2 remaining prints. Profile: Fine PLA.')
    await press(host.client, dialog, 'Not now')
    await untilState(host, 'cancelled')
    await noDialog(host.client)
    assert.ok(host.client.console.includes('// LMNT: The print was not started, and no right was used.'))
    assert.is((await latestHistory(host)).status, 'cancelled')
    assert.is((await klippy(host)).lmnt_line_record.lines, 0)

    await start()
    await questionShown(host.client)
    await host.client.call('printer.gcode.script', { script: closeDialog })
    await untilState(host, 'cancelled')
    await start()
    await questionShown(host.client)
    await host.client.call('printer.print.cancel')
    await untilState(host, 'cancelled')
    await noDialog(host.client)
    assert.equal(market.orders, [])

    await start()
    host.relay.trickle(150)
    await press(host.client, await questionShown(host.client), 'Start')
    const job = await eventually('a job', () => market.jobs[0])
    assert.is((await reported({ market }, job)).status, 'success')
    assert.is((await klippy(host)).lmnt_line_record.sha256, gcode.sha256)

    market.rightsLeft = 0
    const named = (name: string) => async () => (await metadataOf(host, filename)).filament_name === name
    await eventually('Moonraker shows that none is left', named('no prints left - Generic PLA @0.4 nozzle'))
    market.prepared = []
    await eventually('Moonraker shows that it has expired', named('expired - Generic PLA @0.4 nozzle'))
    assert.is((await latestHistory(host)).exists, true)
  },
  { autoStart: false, asksBeforeUsingRights: true },
)

const rights = printer.suite('a file that asks on real Klipper before it uses a right', {
  autoStart: false,
  asksBeforeUsingRights: true,
})

const filename = 'LMNT/Pausing.gcode'

rights.test(
  'a pause pressed during the question ends with the question: the next print can be paused',
  async ({ host, testEdge, market }) => {
    const gcode = shortMoves(6000)
    market.rightsLeft = 2
    await market.prepare(gcode, { title: 'Pausing' })
    await eventually('the stub is there', () => metadataOf(host, filename).catch(() => null))
    const script = (line: string) => host.client.call('printer.gcode.script', { script: line })

    await host.client.call('printer.print.start', { filename })
    const dialog = await questionShown(host.client)
    await script('PAUSE')
    await untilState(host, 'paused')
    await press(host.client, dialog, 'Not now')
    await untilState(host, 'cancelled')

    host.client.console.length = 0
    host.relay.trickle(500, byteAt(gcode, 0.9))
    await host.client.call('printer.print.start', { filename })
    await press(host.client, await questionShown(host.client), 'Start')
    await untilLines(host, 500)
    await script('PAUSE')
    await untilState(host, 'paused')
    await script('RESUME')
    await untilState(host, 'printing')
    host.relay.flow()
    const job = await eventually('the job', () => market.jobs[0])
    assert.is((await reported(testEdge, job)).status, 'success')
  },
)

printer.run()
