import { existsSync, mkdirSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { spoolDir, spoolPath } from '../../../edge/print/gcode/spool-file.ts'
import { makeGcode } from '../../make/edge/gcode.ts'
import { type EdgeFixture, makeEdgeFixture, reported } from '../../make/edge/set-up.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite('a full disk at the printer')

async function problemOf(fixture: EdgeFixture): Promise<string | null | undefined> {
  return ((await fixture.client.agent('status')) as { job: { problem: string | null } | null }).job?.problem
}

test('a job waits while the disk is full, says so, and goes on by itself', async () => {
  const fixture = await makeEdgeFixture()
  try {
    fixture.config.spareBytes = 1e18
    const job = await fixture.market.add(makeGcode(2000))
    await eventually('the message is shown', async () => (await problemOf(fixture))?.includes('disk of the printer'))
    assert.equal(fixture.market.ranges, [], 'nothing was fetched for which there is no room')
    assert.not.ok(existsSync(`${spoolPath(fixture.config.dataDir, job.claim.print_job_id)}.part`))
    fixture.config.spareBytes = 0
    assert.is((await reported(fixture)).status, 'success')
  } finally {
    await fixture.close()
  }
})

test('when the disk fills up during a download the partial file is removed, and fetched again when there is room', async () => {
  const fixture = await makeEdgeFixture()
  try {
    fixture.market.isDown = true
    fixture.config.timing.firstRetryMs = 500
    const job = await fixture.market.add(makeGcode(2000))
    const part = `${spoolPath(fixture.config.dataDir, job.claim.print_job_id)}.part`
    mkdirSync(spoolDir(fixture.config.dataDir), { recursive: true })
    // Every write to /dev/full is refused as by a full disk.
    symlinkSync('/dev/full', part)
    fixture.market.isDown = false
    await eventually('the message is shown', async () => (await problemOf(fixture))?.includes('disk of the printer'))
    assert.is((await reported(fixture)).status, 'success')
    assert.not.ok(existsSync(part))
    assert.ok(statSync('/dev/full').isCharacterDevice())
  } finally {
    await fixture.close()
  }
})

test('a job is cancelled although the cancel cannot be written to the disk', async () => {
  const fixture = await makeEdgeFixture()
  try {
    fixture.config.spareBytes = 1e18
    const job = await fixture.market.add(makeGcode(2000))
    await eventually('the message is shown', async () => (await problemOf(fixture))?.includes('disk of the printer'))
    const record = join(fixture.config.dataDir, 'jobs', `${job.claim.print_job_id}.json`)
    await eventually('the edge is not writing the record', () => {
      if (existsSync(`${record}.new`)) return false
      symlinkSync('/dev/full', `${record}.new`)
      return true
    })
    assert.is((await fixture.client.agent('cancel_job')).status, 'cancelling')
    assert.is((await reported(fixture)).stats?.reason, 'cancelled')
  } finally {
    await fixture.close()
  }
})

test('another job that fits on the disk is printed', async () => {
  const fixture = await makeEdgeFixture()
  try {
    fixture.config.spareBytes = 1e18
    const first = await fixture.market.add(makeGcode(2000))
    await eventually('the message is shown', async () => (await problemOf(fixture))?.includes('disk of the printer'))
    first.isCancelRequested = true
    assert.is((await reported(fixture, first)).stats?.reason, 'cancelled')
    fixture.config.spareBytes = 0
    const second = await fixture.market.add(makeGcode(500))
    assert.is((await reported(fixture, second)).status, 'success')
    assert.not.ok(existsSync(join(spoolDir(fixture.config.dataDir), `${first.claim.print_job_id}.lmnt`)))
  } finally {
    await fixture.close()
  }
})

test.run()
