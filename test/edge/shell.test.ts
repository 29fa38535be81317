import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeGcode } from '../make/edge/gcode.ts'
import { register, reported, withEdge } from '../make/edge/set-up.ts'

const test = suite("commands from the host's shell")

test("an edge whose data folder is too long a path for the shell's socket prints", () =>
  withEdge({ isRegistered: false }, async fixture => {
    await fixture.stopEdge()
    fixture.config.dataDir = join(fixture.dir, 'd'.repeat(120))
    mkdirSync(fixture.config.dataDir)
    await fixture.startEdge()
    await register(fixture)
    await fixture.market.add(makeGcode(100))
    assert.is((await reported(fixture)).status, 'success')
  }))

test.run()
