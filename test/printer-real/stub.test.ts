import { copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import type { FakeJob } from '../make/edge/fake-marketplace.ts'
import { eventually } from '../make/eventually.ts'
import {
  type Fixture,
  history,
  klippy,
  metadataOf,
  type PrinterHost,
  printerSuite,
  readyFile,
  reported,
  shortMoves,
  untilState,
} from '../make/printer-real/set-up.ts'

const { test, run } = printerSuite("a purchase's file in a real printer's list")
const byHand = { autoStart: false }

/** Prints the file as a person would, and gives the job that it was of: the one with that number, from 0. */
async function printFile({ host, market }: Fixture, filename: string, count: number): Promise<FakeJob> {
  // Moonraker hears of Klipper's states four times a second: its history may miss a print that is shorter, or begun sooner.
  host.relay.trickle(150)
  await host.client.call('printer.print.start', { filename })
  const job = await eventually('a job', () => market.jobs[count])
  const report = await reported({ market }, job)
  assert.is(report.status, 'success', report.error)
  assert.is((await untilState(host, 'complete')).filename, filename)
  await eventually('the history has it', async () => {
    const [latest] = await history(host)
    return latest?.filename === filename && latest.status === 'completed'
  })
  return job
}

async function sha256({ host }: Fixture): Promise<string> {
  return (await klippy(host)).lmnt_line_record.sha256
}

function path(host: PrinterHost, filename: string): string {
  return join(host.printer.gcodesDir, filename)
}

test(
  'the file can be printed again while a right remains, and says when none does; the history keeps its pictures',
  async fixture => {
    const { host, market } = fixture
    const gcode = shortMoves(300)
    await market.add(gcode, { title: 'Again' })
    const filename = await readyFile(host)
    await metadataOf(host, filename)
    await printFile(fixture, filename, 0)
    market.rightsLeft = 1
    const again = await printFile(fixture, filename, 1)
    assert.is(again.claim.purchase_id, market.jobs[0]?.claim.purchase_id)
    assert.is(await sha256(fixture), gcode.sha256)
    await host.client.call('printer.print.start', { filename })
    assert.is((await untilState(host, 'error')).message, 'LMNT: All prints of this purchase are used up.')
    assert.is(market.jobs.length, 2)
    const entries = (await history(host)).filter(entry => entry.filename === filename && entry.status === 'completed')
    assert.is(entries.length, 2)
    for (const { exists, metadata } of entries) {
      assert.is(exists, true)
      assert.is((metadata.thumbnails as unknown[]).length, 2)
      assert.is(metadata.estimated_time, 4325)
    }
  },
  byHand,
)

test(
  'a new preparation changes the figures, and the history of earlier prints stays linked',
  async fixture => {
    const { host, market } = fixture
    const first = await market.add(shortMoves(300), { title: 'Anew' })
    const filename = await readyFile(host)
    await metadataOf(host, filename)
    await printFile(fixture, filename, 0)
    // Figures of as many digits: the file's size stays the same.
    for (const seconds of [8640, 8641]) {
      const count = market.jobs.length
      const { claim } = await market.add(shortMoves(200), { title: 'Anew', purchaseId: first.claim.purchase_id })
      claim.totals.estimated_time_s = seconds
      await readyFile(host)
      await eventually(
        'Moonraker shows the new time',
        async () => (await metadataOf(host, filename)).estimated_time === seconds,
      )
      await printFile(fixture, filename, count)
    }
    const entries = (await history(host)).filter(entry => entry.filename === filename)
    assert.equal(
      entries.map(({ status, exists, metadata }) => [status, exists, metadata.estimated_time]),
      [
        ['completed', true, 8641],
        ['completed', true, 8640],
        ['completed', true, 4325],
      ],
    )
  },
  byHand,
)

test(
  'two purchases of models with the same title have a file each, and each prints its own',
  async fixture => {
    const { host, market } = fixture
    const files = new Set<string>()
    for (const [count, moves] of [300, 200].entries()) {
      const gcode = shortMoves(moves)
      await market.add(gcode, { title: 'Twin' })
      const filename = await readyFile(host)
      files.add(filename)
      await printFile(fixture, filename, count)
      assert.is(await sha256(fixture), gcode.sha256)
    }
    assert.equal([...files], ['LMNT/Twin.gcode', 'LMNT/Twin (2).gcode'])
    market.rightsLeft = 1
    const again = await printFile(fixture, 'LMNT/Twin.gcode', 2)
    assert.is(again.claim.purchase_id, market.jobs[0]?.claim.purchase_id)
    assert.is(await sha256(fixture), shortMoves(300).sha256)
  },
  byHand,
)

test(
  'a stub that is copied, renamed or has extra lines before the command prints the same purchase',
  async fixture => {
    const { host, market } = fixture
    const gcode = shortMoves(200)
    const job = await market.add(gcode, { title: 'Cup' })
    const filename = await readyFile(host)
    await printFile(fixture, filename, 0)
    copyFileSync(path(host, filename), path(host, 'Copy of Cup.gcode'))
    const text = readFileSync(path(host, filename), 'utf8')
    const edited = text.replace('STREAM_GCODE_LINE', 'M117 by hand\nSTREAM_GCODE_LINE').concat('M117 never run\n')
    writeFileSync(path(host, 'edited.gcode'), edited)
    const renamed = 'LMNT/My cup.gcode'
    await host.client.call('server.files.move', { source: `gcodes/${filename}`, dest: `gcodes/${renamed}` })
    market.rightsLeft = 3
    for (const [count, name] of ['Copy of Cup.gcode', 'edited.gcode', renamed].entries()) {
      const again = await printFile(fixture, name, count + 1)
      assert.is(again.claim.purchase_id, job.claim.purchase_id)
      assert.is(await sha256(fixture), gcode.sha256)
    }
    renameSync(path(host, renamed), path(host, filename))
  },
  byHand,
)

test('a stub of another printer, or one that names no purchase, says why it cannot be printed', async ({ host }) => {
  const cases = [
    ['STREAM_GCODE_LINE', "Error on 'STREAM_GCODE_LINE': missing JOB"],
    ['STREAM_GCODE_LINE JOB=../../etc/passwd', 'STREAM_GCODE_LINE: the file names no LMNT purchase'],
    ['STREAM_GCODE_LINE JOB=job_1', 'LMNT: This file names no LMNT purchase.'],
    [
      'STREAM_GCODE_LINE JOB=purch_00000000000000000000000000',
      'LMNT: The marketplace does not know the purchase of this file. Delete the file.',
    ],
  ] as const
  for (const [line, message] of cases) {
    writeFileSync(path(host, 'edited.gcode'), `; by hand\n${line}\nG28\n`)
    await host.client.call('printer.print.start', { filename: 'edited.gcode' })
    assert.is((await untilState(host, 'error')).message, message)
  }
})

run()
