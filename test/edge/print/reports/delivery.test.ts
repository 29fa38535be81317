import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { AppError } from '../../../../schema/http/errors.ts'
import { makeGcode } from '../../../make/edge/gcode.ts'
import { reported, untilLines, withEdge } from '../../../make/edge/set-up.ts'
import { eventually } from '../../../make/eventually.ts'

const test = suite('reports that the marketplace does not accept at once')

test('a print that ends while the marketplace is unreachable is reported later', () =>
  withEdge({ printer: { linesPerSecond: 5000 } }, async fixture => {
    const job = await fixture.market.add(makeGcode(3000))
    await untilLines(fixture)
    fixture.market.isDown = true
    await eventually('the report waits', async () => {
      const { reports } = (await fixture.client.agent('status')) as { reports: { state: string }[] }
      return reports[0]?.state === 'waiting'
    })
    await fixture.restartEdge()
    assert.equal(job.reports, [])
    fixture.market.isDown = false
    assert.is((await reported(fixture)).status, 'success')
    await eventually('the outbox is empty', () => readdirSync(join(fixture.config.dataDir, 'outbox')).length === 0)
    assert.is(job.reports.length, 1)
  }))

test('a report that the marketplace refuses is kept and shown', () =>
  withEdge({}, async fixture => {
    fixture.market.refuseReports = [new AppError('outcome_conflict', 'The print job was already reported as failure.')]
    const job = await fixture.market.add(makeGcode(100))
    const shown = await eventually('the refusal', async () => {
      const { reports } = (await fixture.client.agent('status')) as { reports: { state: string }[] }
      return reports[0]?.state === 'refused' && reports[0]
    })
    assert.equal(shown, {
      print_job_id: job.claim.print_job_id,
      status: 'success',
      state: 'refused',
      problem: { code: 'outcome_conflict', message: 'The print job was already reported as failure.' },
    })
    await fixture.restartEdge()
    const [name = ''] = readdirSync(join(fixture.config.dataDir, 'outbox'))
    assert.match(readFileSync(join(fixture.config.dataDir, 'outbox', name), 'utf8'), 'outcome_conflict')
  }))

test('while the marketplace does not understand a report, status says why no other job comes; then the next is printed', () =>
  withEdge({}, async fixture => {
    const refusal = new AppError('bad_request', 'The request cannot be read.')
    fixture.market.refuseReports = [refusal]
    await fixture.market.add(makeGcode(100))
    const next = await fixture.market.add(makeGcode(100))
    const problem = await eventually('the problem', async () => {
      const { marketplace } = (await fixture.client.agent('status')) as { marketplace: { problem: string | null } }
      return marketplace.problem?.includes(refusal.message) && marketplace.problem
    })
    assert.match(problem, "Update the printer's LMNT service")
    assert.equal(next.status, 'queued')
    await fixture.restartEdge()
    assert.is((await reported(fixture, next)).status, 'success')
    await eventually('the problem is gone', async () => {
      const { marketplace } = (await fixture.client.agent('status')) as { marketplace: { problem: string | null } }
      return marketplace.problem === null
    })
  }))

test.run()
