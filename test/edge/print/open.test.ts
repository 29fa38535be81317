import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { EdgeContext } from '../../../edge/context.ts'
import { openGcode, type SealedJob, SpoolMissing } from '../../../edge/print/gcode/open.ts'
import { spoolDir, spoolPath } from '../../../edge/print/gcode/spool-file.ts'
import { type FakeMarketplace, startFakeMarketplace } from '../../make/edge/fake-marketplace.ts'
import { makeGcode } from '../../make/edge/gcode.ts'
import { eventually } from '../../make/eventually.ts'

const test = suite('opening the G-code')

interface OpenFixture {
  ctx: EdgeContext
  job: SealedJob
  market: FakeMarketplace
}

/** A job of so many moves, spooled, with a grant that is good. */
async function withJob(moves: number, work: (fixture: OpenFixture) => Promise<void>): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'lmnt-open-'))
  const market = await startFakeMarketplace()
  try {
    const { claim, sealed } = await market.add(makeGcode(moves))
    const job = { id: claim.print_job_id, claim, grant: { cws_token: 'grant', cws_url: market.url } }
    mkdirSync(spoolDir(dataDir))
    writeFileSync(spoolPath(dataDir, job.id), sealed)
    const help = { SET_PRINT_STATS_INFO: '', TURN_OFF_HEATERS: '' }
    const securityLog = { add: () => {} }
    const parts = { config: { dataDir }, clock: Date.now, moonraker: { call: async () => help }, securityLog }
    await work({ ctx: parts as unknown as EdgeContext, job, market })
  } finally {
    await market.close()
    rmSync(dataDir, { recursive: true })
  }
}

test('a long container is checked from end to end', () =>
  withJob(20_000, async ({ ctx, job }) => {
    const gcode = await openGcode(ctx, job, new AbortController().signal)
    assert.equal(gcode.totals.bytes, job.claim.totals.bytes)
    await gcode.close()
  }))

test('the check of a long container stops at once when the job ends', () =>
  withJob(200_000, async ({ ctx, job, market }) => {
    const stop = new AbortController()
    const opening = openGcode(ctx, job, stop.signal).then(
      () => 'opened',
      (error: Error) => error.name,
    )
    await eventually('the key is there', () => market.opens > 0)
    // Its answer has to arrive before the check begins: what is heard now is heard there.
    setTimeout(() => stop.abort(), 30)
    assert.is(await opening, 'AbortError')
  }))

function damageMiddle(path: string): void {
  const bytes = readFileSync(path)
  bytes.fill(0, bytes.length / 2, bytes.length / 2 + 512)
  writeFileSync(path, bytes)
}

for (const [what, damage] of [
  ['is missing', rmSync],
  ['is cut', (path: string) => truncateSync(path, 100)],
  ['has a bad sector in its middle', damageMiddle],
] as const) {
  test(`a spool that ${what} costs no opening of the key`, () =>
    withJob(500, async ({ ctx, job, market }) => {
      damage(spoolPath(ctx.config.dataDir, job.id))
      const error = await openGcode(ctx, job, new AbortController().signal).catch((error: unknown) => error)
      assert.instance(error, SpoolMissing)
      assert.is(market.opens, 0)
    }))
}

test.run()
