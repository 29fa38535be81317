import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { withEdge } from '../make/edge/set-up.ts'

const test = suite('the start of an edge')

test('an edge that cannot start leaves its name at Moonraker to the next one', () =>
  withEdge({}, async fixture => {
    await fixture.stopEdge()
    // A folder among the spools cannot be removed as a file.
    const obstacle = join(fixture.config.dataDir, 'spool', 'job_old.lmnt')
    mkdirSync(obstacle, { recursive: true })
    const failure = await fixture.startEdge().catch((error: unknown) => error)
    assert.match(String(failure), /job_old\.lmnt/)
    rmSync(obstacle, { recursive: true })
    await fixture.startEdge()
    const { confirm } = (await fixture.edge.call('status')) as { confirm: string }
    assert.is((await fixture.client.agent('status')).confirm, confirm)
  }))

test.run()
