import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeGcode } from '../make/edge/gcode.ts'
import { inWorkshop, register, reported } from '../make/edge/set-up.ts'

const test = suite('the commands of the shell')

test('an edge whose data folder has too long a path for their socket prints all the same', () =>
  inWorkshop({ isRegistered: false }, async shop => {
    await shop.stopEdge()
    shop.config.dataDir = join(shop.dir, 'd'.repeat(120))
    mkdirSync(shop.config.dataDir)
    await shop.startEdge()
    await register(shop)
    await shop.market.add(makeGcode(100))
    assert.is((await reported(shop)).status, 'success')
  }))

test.run()
