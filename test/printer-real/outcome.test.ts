import * as assert from 'uvu/assert'
import { printerSuite, reported, shortMoves } from './set-up.ts'

const { test, run } = printerSuite('how a print ended, by the words of a real printer')

test('print after print that fails at once is reported, each with its own error', async ({ bench, market }) => {
  for (const x of [9001, 9002, 9002, 9003]) {
    const job = await market.add(shortMoves(30, [`G1 X${x} F6000`]))
    const report = await reported(bench, job)
    assert.equal([report.status, report.stats?.reason], ['failure', 'error'])
    assert.match(report.error ?? '', `Move out of range: ${x}.000`)
  }
})

run()
