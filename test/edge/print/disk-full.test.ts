import { existsSync, mkdirSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { spoolDir, spoolPath } from '../../../edge/print/gcode/spool-file.ts'
import { makeGcode } from '../../make/edge/gcode.ts'
import { makeWorkshop, reported, type Workshop } from '../../make/edge/set-up.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite('a full disk at the printer')

async function problemOf(shop: Workshop): Promise<string | null | undefined> {
  return ((await shop.client.agent('status')) as { job: { problem: string | null } | null }).job?.problem
}

test('a job waits while there is no room for it, says so, and goes on by itself', async () => {
  const shop = await makeWorkshop()
  try {
    shop.config.spareBytes = 1e18
    const job = await shop.market.add(makeGcode(2000))
    await eventually('it says so', async () => (await problemOf(shop))?.includes('disk of the printer'))
    assert.equal(shop.market.ranges, [], 'nothing was fetched for which there is no room')
    assert.not.ok(existsSync(`${spoolPath(shop.config.dataDir, job.claim.print_job_id)}.part`))
    shop.config.spareBytes = 0
    assert.is((await reported(shop)).status, 'success')
  } finally {
    await shop.close()
  }
})

test('a disk that fills up in the middle of a download: the part is removed, and fetched again when there is room', async () => {
  const shop = await makeWorkshop()
  try {
    shop.market.isDown = true
    shop.config.timing.firstRetryMs = 500
    const job = await shop.market.add(makeGcode(2000))
    const part = `${spoolPath(shop.config.dataDir, job.claim.print_job_id)}.part`
    mkdirSync(spoolDir(shop.config.dataDir), { recursive: true })
    // Every write to /dev/full is refused as by a full disk.
    symlinkSync('/dev/full', part)
    shop.market.isDown = false
    await eventually('it says so', async () => (await problemOf(shop))?.includes('disk of the printer'))
    assert.is((await reported(shop)).status, 'success')
    assert.not.ok(existsSync(part))
    assert.ok(statSync('/dev/full').isCharacterDevice())
  } finally {
    await shop.close()
  }
})

test('a job is cancelled although the disk does not take that', async () => {
  const shop = await makeWorkshop()
  try {
    shop.config.spareBytes = 1e18
    const job = await shop.market.add(makeGcode(2000))
    await eventually('it says so', async () => (await problemOf(shop))?.includes('disk of the printer'))
    const record = join(shop.config.dataDir, 'jobs', `${job.claim.print_job_id}.json`)
    symlinkSync('/dev/full', `${record}.new`)
    assert.is((await shop.client.agent('cancel_job')).status, 'cancelling')
    assert.is((await reported(shop)).stats?.reason, 'cancelled')
  } finally {
    await shop.close()
  }
})

test('another job, for which there is room, is printed as ever', async () => {
  const shop = await makeWorkshop()
  try {
    shop.config.spareBytes = 1e18
    const first = await shop.market.add(makeGcode(2000))
    await eventually('it says so', async () => (await problemOf(shop))?.includes('disk of the printer'))
    first.isCancelRequested = true
    assert.is((await reported(shop, first)).stats?.reason, 'cancelled')
    shop.config.spareBytes = 0
    const second = await shop.market.add(makeGcode(500))
    assert.is((await reported(shop, second)).status, 'success')
    assert.not.ok(existsSync(join(spoolDir(shop.config.dataDir), `${first.claim.print_job_id}.lmnt`)))
  } finally {
    await shop.close()
  }
})

test.run()
