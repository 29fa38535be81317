import * as assert from 'uvu/assert'
import { eventually } from '../edge/eventually.ts'
import { klippy, metadataOf, printerSuite, reported, shortMoves, untilState } from './set-up.ts'

const { test, run } = printerSuite("what is prepared, in a real printer's list")

test(
  'it is in the list with its figures and pictures before anybody has asked for a print, and prints from there',
  async ({ shed, market }) => {
    const gcode = shortMoves(300)
    const { purchase_id } = await market.prepare(gcode, { title: 'Prepared' })
    const filename = 'LMNT/Prepared.gcode'
    await eventually('it is in the list', async () => {
      const files = (await shed.client.call('server.files.list', { root: 'gcodes' })) as { path: string }[]
      return files.some(file => file.path === filename)
    })
    const metadata = await metadataOf(shed, filename)
    assert.is(metadata.estimated_time, 4325)
    assert.is((metadata.thumbnails as unknown[]).length, 2)
    assert.equal(market.jobs, [])

    market.rightsLeft = 1
    shed.relay.trickle(150)
    await shed.client.call('printer.print.start', { filename })
    const job = await eventually('a job', () => market.jobs[0])
    const report = await reported({ market }, job)
    assert.is(report.status, 'success', report.error)
    assert.is(job.claim.purchase_id, purchase_id)
    assert.is((await untilState(shed, 'complete')).filename, filename)
    assert.is((await klippy(shed)).lmnt_line_record.sha256, gcode.sha256)
  },
  { autoStart: false },
)

run()
